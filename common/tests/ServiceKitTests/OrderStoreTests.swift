import CampusModel
import XCTest

@testable import ServiceKit

final class OrderStoreTests: XCTestCase {
    private let store = OrderStore()

    private func placed(_ count: Int) -> [Order] {
        let orders = (0..<count).map { Order(item: "burger", quantity: $0 % 1_000 + 1) }
        for order in orders { store.put(order) }
        return orders
    }

    private var all: [Order] { store.orders }

    func testOrdersStandInTheOrderTheyWerePlaced() {
        let orders = placed(3_000)
        XCTAssertEqual(all, orders)
        XCTAssertEqual(store.order(orders[2_999].id), orders[2_999])
    }

    func testAnOrderThatIsPutAgainKeepsItsPlace() {
        var orders = placed(3)
        orders[1] = Order(id: orders[1].id, item: "pizza", quantity: 7, status: .reserved, timestamp: 1)
        store.put(orders[1])
        XCTAssertEqual(all, orders)
    }

    func testSettingAStatusChangesNothingElse() {
        let orders = placed(3)
        var expected = orders[1]
        expected.status = .notified
        XCTAssertEqual(store.setStatus(.notified, of: orders[1].id), expected)
        XCTAssertEqual(all, [orders[0], expected, orders[2]])
    }

    func testAnOrderThatIsNotKnownHasNoStatusToSet() {
        _ = placed(1)
        let stranger = OrderID.random()
        XCTAssertNil(store.setStatus(.failed, of: stranger))
        XCTAssertNil(store.order(stranger))
        XCTAssertEqual(all.count, 1)
    }

    func testASnapshotDoesNotSeeLaterChanges() {
        let orders = placed(1_500)
        let snapshot = store.orders
        store.setStatus(.failed, of: orders[0].id)
        _ = placed(1_000)
        XCTAssertEqual(snapshot, orders)
        XCTAssertEqual(all.count, 2_500)
    }

    func testWhatBecomesOfAHiddenOrderShowsIt() {
        let (reserved, replaced) = (Order(item: "salad", quantity: 1), Order(item: "salad", quantity: 2))
        _ = store.hide(reserved)
        _ = store.hide(replaced)
        XCTAssertEqual(store.setStatus(.reserved, of: reserved.id)?.status, .reserved)
        store.put(replaced)
        XCTAssertEqual(all.map(\.id), [reserved.id, replaced.id])
    }

    func testAnOrderThatIsKnownIsNotHidden() {
        let order = placed(1)[0]
        XCTAssertEqual(store.hide(Order(id: order.id, item: "other", quantity: 2)), order)
        XCTAssertEqual(all, [order])
    }
}
