import CampusModel
import Synchronization
import Tracing
import Workflow
import XCTest

/// Placing orders over a publisher that a test controls: what Parts B and C share.
final class OrderPlacementTests: XCTestCase {
    /// Says what a test wants, and keeps what was published.
    private final class Publisher: OrderPublisher, Sendable {
        struct State {
            var isAvailable = true
            /// Why the next events are not confirmed.
            var problem: String?
            var published: [(event: OrderEvent, context: RequestContext)] = []
        }
        let state = Mutex(State())
        /// Is done while the confirm is awaited.
        let meanwhile = Mutex<(@Sendable (OrderEvent) -> Void)?>(nil)

        var isAvailable: Bool { state.withLock { $0.isAvailable } }
        func publish(_ event: OrderEvent, _ context: RequestContext) async -> String? {
            meanwhile.withLock { $0 }?(event)
            return state.withLock { state in
                state.published.append((event, context))
                return state.problem
            }
        }
        var published: [OrderEvent] { state.withLock { $0.published.map(\.event) } }
    }

    private let placement = OrderPlacement()
    private let publisher = Publisher()
    private let burger = OrderRequest(item: "burger", quantity: 2)

    private func place(
        _ key: String? = nil, _ request: OrderRequest? = nil, mayPlace: Bool = true
    ) async throws(OrderRefusal) -> (order: Order, isReplay: Bool) {
        let context = RequestContext(requestID: "r", idempotencyKey: key)
        return try await placement.place(request ?? burger, context, mayPlace: mayPlace, by: publisher)
    }

    /// Places an order that must be refused.
    private func refusal(_ key: String? = nil, mayPlace: Bool = true, line: UInt = #line) async -> OrderRefusal? {
        do {
            let placed = try await place(key, mayPlace: mayPlace)
            XCTFail("it was placed: \(placed)", line: line)
            return nil
        } catch {
            return error
        }
    }

    func testAnOrderIsListedOnceItIsConfirmedAndNotBefore() async throws {
        publisher.meanwhile.withLock { meanwhile in
            meanwhile = { [placement] event in XCTAssertNil(placement.orders.order(event.order.id)) }
        }
        let (order, isReplay) = try await place()
        XCTAssertFalse(isReplay)
        XCTAssertEqual(order.status, .placed)
        XCTAssertEqual(placement.orders.orders, [order])
        XCTAssertEqual(publisher.published, [OrderEvent(.placed, order)])
    }

    func testTheContextGoesAlong() async throws {
        _ = try await place("key")
        let context = publisher.state.withLock { $0.published.first?.context }
        XCTAssertEqual(context?.requestID, "r")
        XCTAssertEqual(context?.idempotencyKey, "key")
    }

    func testAnOrderThatIsNotConfirmedIsRefusedAndNotListed() async {
        publisher.state.withLock { $0.problem = "no queue" }
        let refusal = await refusal()
        XCTAssertEqual(refusal?.reason, .unconfirmed)
        XCTAssertEqual(refusal?.detail, "no queue")
        XCTAssertEqual(refusal?.order?.status, .failed, "to its client it is not placed")
        XCTAssertEqual(placement.orders.orders, [])
    }

    func testWhileThePublisherOrTheServiceIsNotReadyNothingIsSent() async {
        let closed = await refusal(mayPlace: false)
        publisher.state.withLock { $0.isAvailable = false }
        let away = await refusal()
        for refusal in [closed, away] {
            XCTAssertEqual(refusal?.reason, .unconfirmed)
            XCTAssertEqual(refusal?.detail, OrderPlacement.unavailable)
            XCTAssertEqual(refusal?.order?.item, "burger")
        }
        XCTAssertEqual(publisher.published, [])
    }

    func testAFurtherAttemptWithTheKeySendsTheSameOrder() async throws {
        publisher.state.withLock { $0.problem = "late" }
        let first = await refusal("key")
        publisher.state.withLock { $0.problem = nil }
        let (order, isReplay) = try await place("key")
        XCTAssertFalse(isReplay, "this request placed it")
        XCTAssertEqual(order.id, first?.order?.id)
        XCTAssertEqual(publisher.published.count, 2)
        XCTAssertEqual(publisher.published.first?.order, publisher.published.last?.order, "also its time is the same")
        let (again, isReplayNow) = try await place("key")
        XCTAssertTrue(isReplayNow)
        XCTAssertEqual(again, order)
        XCTAssertEqual(publisher.published.count, 2)
    }

    func testAKeyIsBoundToItsOrder() async throws {
        _ = try await place("key")
        do {
            _ = try await place("key", OrderRequest(item: "burger", quantity: 3))
            XCTFail("no conflict")
        } catch {
            XCTAssertEqual(error.reason, .keyIsAnothers)
        }
    }

    /// The confirm may be lost, or come too late, while inventory has the order all the same.
    func testAnOrderWhoseOutcomeCameIsPlacedThoughNobodyConfirmedIt() async throws {
        publisher.state.withLock { $0.problem = "late" }
        publisher.meanwhile.withLock { meanwhile in
            meanwhile = { [placement] event in
                placement.orders.settle(OrderEvent(.reserved, event.order).order)
            }
        }
        let (order, isReplay) = try await place("key")
        XCTAssertFalse(isReplay)
        XCTAssertEqual(order.status, .placed, "a new order is answered as it was placed")
        XCTAssertEqual(placement.orders.order(order.id)?.status, .reserved)
        let (again, _) = try await place("key")
        XCTAssertEqual(again.status, .reserved, "a replay tells what has become of it")
    }

    func testAnOrderWhoseOutcomeComesAfterTheRefusalIsFoundByTheNextAttempt() async throws {
        publisher.state.withLock { $0.problem = "late" }
        let refused = await refusal("key")
        let id = try XCTUnwrap(refused?.order?.id)
        placement.orders.settle(Order(id: id, item: "burger", quantity: 2, status: .failed))
        publisher.state.withLock { $0.isAvailable = false }
        let (order, _) = try await place("key")
        XCTAssertEqual(order.id, id)
        XCTAssertEqual(publisher.published.count, 1, "it is not sent once more")
    }

    func testAKeyFromBeforeTheStartIsAReplay() async throws {
        let order = Order(item: "burger", quantity: 2, status: .reserved)
        placement.orders.put(order)
        placement.restoreKey("key", of: order)
        let (found, isReplay) = try await place("key")
        XCTAssertTrue(isReplay)
        XCTAssertEqual(found, order)
        XCTAssertEqual(publisher.published, [])
    }

    func testTheKeysThatHaveAnOrderAreGivenOldestFirst() async throws {
        XCTAssertEqual(placement.settledKeys.count, 0)
        let old = Order(item: "pizza", quantity: 3)
        placement.restoreKey("old", of: old)
        let (order, _) = try await place("new")
        _ = try await place(nil)
        _ = try await place("new")
        placement.restoreKey("old", of: order)
        publisher.state.withLock { $0.problem = "late" }
        _ = await refusal("failed")
        let keys = placement.settledKeys
        XCTAssertEqual(keys.map(\.key), ["old", "new"])
        XCTAssertEqual(keys.map(\.id), [old.id, order.id])
        XCTAssertEqual(keys.map(\.request), [OrderRequest(item: "pizza", quantity: 3), burger])
    }

    func testOldOrdersAreForgottenAndTheirKeysAreNot() async throws {
        let placement = OrderPlacement(capacity: 10)
        let first = Order(item: "burger", quantity: 2, status: .reserved)
        placement.orders.put(first)
        placement.restoreKey("key", of: first)
        for _ in 0..<2_000 { placement.orders.put(Order(item: "pizza", quantity: 1, status: .failed)) }
        XCTAssertNil(placement.orders.order(first.id))
        XCTAssertEqual(placement.settledKeys.map(\.key), ["key"])
        let context = RequestContext(requestID: "r", idempotencyKey: "key")
        let (order, _) = try await placement.place(burger, context, mayPlace: true, by: publisher)
        XCTAssertEqual(order.id, first.id, "nobody knows what has become of it: it is sent once more")
        XCTAssertEqual(publisher.published.map(\.order.id), [first.id])
    }

    /// Its client was told that it was not placed, and asks again after a restart.
    func testAnOrderOfARestoredKeyThatWasGivenUpIsSentOnceMore() async throws {
        let old = Order(item: "burger", quantity: 2)
        placement.orders.put(old)
        placement.restoreKey("key", of: old)
        placement.orders.withdraw(old.id)
        publisher.state.withLock { $0.problem = "late" }
        let refused = await refusal("key")
        XCTAssertEqual(refused?.order?.id, old.id)
        XCTAssertNil(placement.orders.order(old.id))
        publisher.state.withLock { $0.problem = nil }
        let (order, _) = try await place("key")
        XCTAssertEqual(order.id, old.id)
        XCTAssertEqual(placement.orders.order(old.id)?.status, .placed)
        XCTAssertEqual(publisher.published.map(\.order.id), [old.id, old.id])
        _ = try await place("key")
        XCTAssertEqual(publisher.published.count, 2, "it is placed now")
    }
}
