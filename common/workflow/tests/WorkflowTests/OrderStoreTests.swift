import CampusModel
import XCTest

@testable import Containers
@testable import Workflow

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

    // MARK: Orders that were given up

    func testAnOrderThatWasGivenUpComesBackInItsPlace() {
        let hidden = (0..<3).map { Order(item: "salad", quantity: $0 + 1) }
        for order in hidden { XCTAssertEqual(store.hide(order), order) }
        let last = placed(1)
        store.giveUp(hidden.map(\.id))
        XCTAssertEqual(all, last)
        XCTAssertEqual(store.hide(Order(id: hidden[0].id, item: "salad", quantity: 9)), hidden[0], "a further attempt")
        store.show(hidden[0].id)
        var decided = hidden[1]
        decided.status = .reserved
        XCTAssertTrue(store.settle(decided))
        XCTAssertEqual(all, [hidden[0], decided] + last)
    }

    func testWhatIsShownIsNotGivenUp() {
        let orders = placed(2)
        store.giveUp(orders.map(\.id))
        XCTAssertEqual(all, orders)
    }

    func testOnlySoManyThatWereGivenUpAreRemembered() {
        let store = OrderStore(mostGivenUp: 10)
        let hidden = (0..<10_000).map { Order(item: "salad", quantity: $0 % 1000 + 1) }
        let shown = Order(item: "burger", quantity: 1)
        for order in hidden {
            _ = store.hide(order)
            store.giveUp(order.id)
        }
        store.put(shown)
        let tenth = Order(id: hidden[9_990].id, item: "x", quantity: 1)
        XCTAssertEqual(store.hide(tenth), hidden[9_990], "the tenth newest")
        let again = Order(id: hidden[9_989].id, item: "x", quantity: 1)
        XCTAssertEqual(store.hide(again), again, "the one before was forgotten")
        store.show([hidden[9_990].id, again.id, hidden[0].id])
        XCTAssertEqual(store.orders, [hidden[9_990], shown, again])
        XCTAssertEqual(store.snapshot.orders.segments.filter(\.isEmpty).count, 9, "their memory is free")
    }

    /// The attempt that is under way would find its order lost.
    func testAnOrderThatIsTriedAgainIsNotForgotten() {
        let store = OrderStore(mostGivenUp: 1)
        let orders = (0..<3).map { Order(item: "salad", quantity: $0 + 1) }
        _ = store.hide(orders[0])
        store.giveUp(orders[0].id)
        _ = store.hide(orders[0])
        for order in orders[1...] {
            _ = store.hide(order)
            store.giveUp(order.id)
        }
        store.show(orders[0].id)
        XCTAssertEqual(store.orders, [orders[0]])
    }

    func testAnOrderThatIsKnownIsNotHidden() {
        let order = placed(1)[0]
        XCTAssertEqual(store.hide(Order(id: order.id, item: "other", quantity: 2)), order)
        XCTAssertEqual(all, [order])
    }
}
