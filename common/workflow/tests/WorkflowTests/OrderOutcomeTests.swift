import CampusModel
import XCTest

@testable import Workflow

/// What Part B asks of the store: orders that have a place before they are shown, and outcomes from elsewhere.
final class OrderOutcomeTests: XCTestCase {
    private let store = OrderStore()

    private var listed: [OrderID] { store.orders.map(\.id) }

    func testAHiddenOrderIsShownInThePlaceThatItWasGiven() {
        let (first, second) = (Order(item: "burger", quantity: 1), Order(item: "pizza", quantity: 1))
        XCTAssertEqual(store.hide(first), first)
        store.put(second)
        XCTAssertNil(store.order(first.id))
        XCTAssertEqual(listed, [second.id])
        store.show(first.id)
        XCTAssertEqual(listed, [first.id, second.id])
    }

    func testAnOrderIsHiddenOnce() {
        let order = Order(item: "burger", quantity: 1, timestamp: 1)
        let again = Order(id: order.id, item: "burger", quantity: 1, timestamp: 2)
        _ = store.hide(order)
        XCTAssertEqual(store.hide(again), order, "a further attempt is for the same order")
    }

    func testTheFirstOutcomeIsFinalAndShowsTheOrder() {
        var order = Order(item: "burger", quantity: 1)
        _ = store.hide(order)
        order.status = .failed
        XCTAssertTrue(store.settle(order))
        order.status = .reserved
        XCTAssertFalse(store.settle(order))
        XCTAssertEqual(store.order(order.id)?.status, .failed)
    }

    func testAnOutcomeMakesAnOrderThatIsNotKnown() {
        let order = Order(item: "burger", quantity: 1, status: .reserved)
        XCTAssertTrue(store.settle(order))
        XCTAssertEqual(store.order(order.id), order)
    }

    func testManyAtOnceFareLikeEachAlone() {
        let orders = (0..<2_000).map { Order(item: "burger", quantity: 1, timestamp: Double($0)) }
        let known = orders[3]
        store.put(known)
        store.hide(orders)
        XCTAssertEqual(listed, [known.id], "one that is shown stays so")
        store.show(orders[..<1_000].map(\.id) + [.random()])
        XCTAssertEqual(listed, [known.id] + orders[..<1_000].map(\.id).filter { $0 != known.id })
        var decided = Array(orders[1_500...])
        for index in decided.indices { decided[index].status = .reserved }
        let stranger = Order(item: "pizza", quantity: 1, status: .failed)
        store.settle(decided + [stranger])
        XCTAssertEqual(listed.count, 1_501)
        XCTAssertEqual(listed.last, stranger.id)
        XCTAssertEqual(store.order(orders[1_999].id)?.status, .reserved)
        XCTAssertNil(store.order(orders[1_499].id), "nothing is known of it yet")
    }

    func testARestoredKeyIsUsedUp() async throws {
        let keys = IdempotencyKeys()
        let (request, id) = (OrderRequest(item: "burger", quantity: 1), OrderID.random())
        keys.restore("k", request, id)
        keys.restore("k", request, .random())
        let replay = try await keys.once("k", request) { _ in
            XCTFail("the order was placed before")
            return .settled
        }
        XCTAssertEqual(replay.id, id)
        XCTAssertTrue(replay.isReplay)
    }

    func testARestoredKeyOutdoesAnAttemptThatSettledNothing() async throws {
        let keys = IdempotencyKeys()
        let (request, id) = (OrderRequest(item: "burger", quantity: 1), OrderID.random())
        let early = try? await keys.once("k", request) { _ in
            .unsettled(.unconfirmed(Order(item: "burger", quantity: 1), "too early"))
        }
        XCTAssertNil(early)
        keys.restore("k", request, id)
        let replay = try await keys.once("k", request) { _ in
            XCTFail("the order was placed before")
            return .settled
        }
        XCTAssertEqual(replay.id, id)
    }

    func testARestoredKeyOutdoesAnAttemptThatIsUnderWay() async throws {
        let keys = IdempotencyKeys(capacity: 2)
        let (request, id) = (OrderRequest(item: "burger", quantity: 1), OrderID.random())
        let early = try? await keys.once("k", request) { _ in
            keys.restore("k", request, id)
            keys.restore("k", request, .random())
            return .unsettled(.unconfirmed(Order(item: "burger", quantity: 1), "too early"))
        }
        XCTAssertNil(early, "it asked before the key was known, and placed nothing")
        keys.restore("other", request, .random())
        let replay = try await keys.once("k", request) { _ in
            XCTFail("the order was placed before")
            return .settled
        }
        XCTAssertEqual(replay.id, id)
        XCTAssertTrue(replay.isReplay)
    }

    func testAKeyThatIsWorkedOnIsNotForgotten() async throws {
        let keys = IdempotencyKeys(capacity: 2)
        let request = OrderRequest(item: "burger", quantity: 1)
        let placed = try await keys.once("k", request) { id in
            keys.restore("k", request, id)
            for number in 0..<5 { keys.restore("\(number)", request, .random()) }
            return .settled
        }
        let replay = try await keys.once("k", request) { _ in
            XCTFail("the order was placed before")
            return .settled
        }
        XCTAssertEqual(replay.id, placed.id)
    }
}
