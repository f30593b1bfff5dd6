import CampusModel
import Foundation
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

    func testAnOrderThatIsShownNeedNotBeReplaced() {
        var orders = placed(3)
        store.put(Order(id: orders[1].id, item: "pizza", quantity: 7), replacesShown: false)
        XCTAssertEqual(all, orders)
        let hidden = Order(item: "salad", quantity: 1)
        _ = store.hide(hidden)
        let restored = Order(id: hidden.id, item: "salad", quantity: 2)
        orders += [restored, Order(item: "soup", quantity: 3)]
        for order in orders.suffix(2) { store.put(order, replacesShown: false) }
        XCTAssertEqual(all, orders, "one that was hidden is replaced and shown")
        XCTAssertEqual(store.order(hidden.id), restored)
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

    // MARK: Orders that are withdrawn

    func testAnOrderIsWithdrawnUntilItsOutcomeOrAFurtherAttempt() {
        let orders = placed(3)
        for order in orders { store.withdraw(order.id) }
        XCTAssertEqual(all, [])
        XCTAssertNil(store.order(orders[0].id))
        store.withdraw(orders[0].id)
        var decided = orders[0]
        decided.status = .failed
        XCTAssertTrue(store.settle(decided))
        XCTAssertEqual(store.hide(orders[1]), orders[1])
        store.show(orders[1].id)
        XCTAssertEqual(all, [decided, orders[1]])
        store.put(orders[2])
        XCTAssertEqual(all, [decided, orders[1], orders[2]])
    }

    func testWhatHasItsOutcomeIsNotWithdrawn() {
        let orders = placed(2)
        store.setStatus(.reserved, of: orders[0].id)
        let hidden = store.hide(Order(item: "salad", quantity: 1))
        for id in [orders[0].id, hidden.id, .random()] { store.withdraw(id) }
        XCTAssertEqual(all.map(\.id), orders.map(\.id))
        store.show(hidden.id)
        XCTAssertEqual(all.count, 3, "it was only hidden, and is shown when it is confirmed")
    }

    func testOnlySoManyThatWereWithdrawnAreRemembered() {
        let store = OrderStore(mostGivenUp: 2)
        let orders = (0..<4).map { Order(item: "salad", quantity: $0 + 1) }
        for order in orders {
            store.put(order)
            store.withdraw(order.id)
        }
        for order in orders { store.show(order.id) }
        XCTAssertEqual(store.orders, Array(orders[2...]))
    }

    // MARK: Capacity

    private static let segment = SegmentedArray<Order>.segmentLength

    private func decided(_ count: Int, in store: OrderStore) -> [Order] {
        (0..<count).map { number in
            let order = Order(item: "burger", quantity: number % 1_000 + 1, status: .reserved)
            store.put(order)
            return order
        }
    }

    func testTheOldestOrdersAreForgottenASegmentAtATime() {
        let (capacity, segment) = (100, OrderStoreTests.segment)
        let store = OrderStore(capacity: capacity)
        var orders = decided(capacity + segment - 1, in: store)
        XCTAssertEqual(store.orders, orders, "nothing is forgotten yet")
        orders += decided(1, in: store)
        XCTAssertEqual(store.orders, Array(orders[segment...]))
        XCTAssertNil(store.order(orders[segment - 1].id))
        XCTAssertEqual(store.order(orders[segment].id), orders[segment])
        XCTAssertEqual(store.placeCount, capacity + segment, "the places of the others stay")
        XCTAssertEqual(store.snapshot.orders.segments.filter(\.isEmpty).count, 1, "the memory is free")
        XCTAssertTrue(store.settle(orders[0]), "it counts as a new one")
        XCTAssertEqual(store.orders, orders[segment...] + [orders[0]])
    }

    func testForgettingGoesOnAndOn() {
        let store = OrderStore(capacity: 10)
        let orders = decided(5 * OrderStoreTests.segment, in: store)
        let remembered = store.orders
        XCTAssertGreaterThanOrEqual(remembered.count, 10)
        XCTAssertLessThan(remembered.count, 10 + OrderStoreTests.segment)
        XCTAssertEqual(remembered, orders.suffix(remembered.count))
        XCTAssertEqual(store.snapshot.orders.segments.filter(\.isEmpty).count, 4)
    }

    /// Its outcome is still to come, and its client may ask for it.
    func testOrdersWithoutAnOutcomeAreNotForgotten() {
        let store = OrderStore(capacity: 10)
        let open = Order(item: "salad", quantity: 1)
        let hidden = Order(item: "salad", quantity: 2)
        store.put(open)
        _ = store.hide(hidden)
        _ = decided(5 * OrderStoreTests.segment, in: store)
        XCTAssertEqual(store.orders.first, open)
        XCTAssertEqual(store.orders.filter { $0.status == .placed }, [open])
        store.show(hidden.id)
        XCTAssertEqual(store.order(hidden.id), hidden)
        var outcome = open
        outcome.status = .failed
        XCTAssertTrue(store.settle(outcome))
        XCTAssertFalse(store.settle(outcome))
        XCTAssertEqual(store.orders.first, outcome, "it has its place still")
    }

    func testOrdersAreGivenInAnyRange() {
        let (capacity, segment) = (10, OrderStoreTests.segment)
        let store = OrderStore(capacity: capacity)
        let open = Order(item: "salad", quantity: 1)
        store.put(open)
        let orders = [open] + decided(capacity + segment - 1, in: store)
        let hidden = store.hide(Order(item: "salad", quantity: 2))
        XCTAssertEqual(store.placeCount, orders.count + 1)
        for (from, to, most, expected, next) in [
            (0, segment, 64, [open], segment), (0, segment, 1, [open], 1), (1, segment, 64, [], segment),
            (0, segment + 5, 64, [open] + orders[segment..<segment + 5], segment + 5),
            (segment, orders.count, 4, Array(orders[segment..<segment + 4]), segment + 4),
            (orders.count, orders.count + 1, 64, [], orders.count + 1), (5, 5, 64, [], 5),
        ] as [(Int, Int, Int, [Order], Int)] {
            let (found, end) = store.orders(from: from, to: to, most: most)
            XCTAssertEqual(found, expected, "\(from) to \(to)")
            XCTAssertEqual(end, next, "\(from) to \(to)")
        }
        store.show(hidden.id)
        XCTAssertEqual(store.orders(from: orders.count, to: orders.count + 1, most: 64).orders, [hidden])
    }
}
