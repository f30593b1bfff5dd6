import CampusModel
import OrderMessages
import ServiceKit
import Tracing
import Workflow
import WorkflowHTTP
import XCTest

@testable import AMQPClient
@testable import OrderService

/// What the order service knows, as it learns it from the log and from outcomes.
final class OrdersTests: XCTestCase {
    private let log = Logger(service: "test", level: .error)
    private lazy var orders = Orders(log: log)
    private let readiness = Readiness()
    private let order = Order(id: .random(), item: "burger", quantity: 2)

    private func event(_ kind: OrderEvent.Kind, _ order: Order? = nil, key: String? = nil) -> OrderMessage {
        OrderMessage(
            OrderEvent(kind, order ?? self.order), id: .uuid(.random()),
            context: RequestContext(requestID: nil, idempotencyKey: key))
    }

    private func delivery(_ event: OrderMessage, body: [UInt8]? = nil) -> AMQPDelivery {
        let publication = event.publication
        var message = publication.message
        if let body { message.body = body }
        return AMQPDelivery(
            channel: 1, tag: 1, isRedelivered: false, routingKey: publication.routingKey, message: message)
    }

    private func overdue() -> [OrderID] {
        orders.overdue(at: .max)
    }

    func testAnOrderOfTheLogIsPlacedUntilItsOutcome() {
        orders.restore(event(.placed))
        XCTAssertEqual(orders.store.order(order.id)?.status, .placed)
        orders.restore(event(.failed))
        XCTAssertEqual(orders.store.order(order.id)?.status, .failed)
        XCTAssertEqual(overdue(), [])
    }

    func testAnOrderOfTheLogWithoutOutcomeIsWaitedFor() {
        orders.restore(event(.placed))
        XCTAssertEqual(overdue(), [order.id])
    }

    func testAnOutcomeBeforeItsOrderIsFinal() {
        orders.restore(event(.reserved))
        orders.restore(event(.placed))
        XCTAssertEqual(orders.store.order(order.id)?.status, .reserved)
        XCTAssertEqual(overdue(), [])
    }

    func testReadingTheLogAgainChangesNothing() {
        let other = Order(id: .random(), item: "pizza", quantity: 1)
        for _ in 0..<2 {
            orders.restore(event(.placed))
            orders.restore(event(.placed, other))
            orders.restore(event(.reserved))
        }
        XCTAssertEqual(orders.store.orders.count, 2)
        XCTAssertEqual(orders.store.order(order.id)?.status, .reserved)
        XCTAssertEqual(overdue(), [other.id])
    }

    func testTheFirstOutcomeIsFinal() {
        orders.takeOutcome(event(.failed))
        orders.takeOutcome(event(.reserved))
        XCTAssertEqual(orders.store.order(order.id)?.status, .failed)
    }

    func testKeysComeWithOrdersAndWithOutcomes() throws {
        let other = Order(id: .random(), item: "pizza", quantity: 1)
        orders.restore(event(.placed, key: "a"))
        orders.takeOutcome(event(.reserved, other, key: "b"))
        // They are known: an order with such a key is a replay, for which no broker is needed.
        let known = [("a", order), ("b", other)]
        try withoutBroker { orders, publisher in
            for (key, order) in known {
                let (found, isReplay) = try await orders.place(
                    OrderRequest(item: order.item, quantity: order.quantity),
                    RequestContext(requestID: nil, idempotencyKey: key), by: publisher)
                XCTAssertEqual(found.id, order.id)
                XCTAssertTrue(isReplay)
            }
        }
    }

    // MARK: The feed of outcomes

    func testTheFeedWaitsUntilOrdersAreTaken() {
        let feed = OutcomeFeed(orders, readiness, log: log)
        XCTAssertFalse(feed.mayConsume)
        orders.mayPlace = true
        XCTAssertTrue(feed.mayConsume)
    }

    func testTheFeedTakesOutcomes() throws {
        let feed = OutcomeFeed(orders, readiness, log: log)
        orders.restore(event(.placed))
        try feed.handle(delivery(event(.reserved)))
        XCTAssertEqual(orders.store.order(order.id)?.status, .reserved)
    }

    func testTheFeedTakesNothingElse() {
        let feed = OutcomeFeed(orders, readiness, log: log)
        XCTAssertThrowsError(try feed.handle(delivery(event(.placed)))) { XCTAssertTrue($0 is MalformedMessage) }
        XCTAssertThrowsError(try feed.handle(delivery(event(.reserved), body: [0xFF]))) {
            XCTAssertTrue($0 is MalformedMessage)
        }
        XCTAssertEqual(orders.store.orders.count, 0)
    }

    // MARK: The lease

    func testNoOrderIsTakenWithoutTheLease() {
        let lease = OrderLease(orders, readiness, log: log)
        readiness.set("publisher", missing: "the lease")
        lease.refused()
        XCTAssertEqual(readiness.condition, "standby")
        orders.mayPlace = true
        lease.lost()
        XCTAssertFalse(orders.mayPlace)
        XCTAssertEqual(readiness.condition, "starting")
    }

    /// Before the log was read the list would be empty, and beside another instance it would be an old one.
    func testWithoutTheLogTheOrdersAreNotKnown() throws {
        XCTAssertNil(readiness.missingState)
        let lease = OrderLease(orders, readiness, log: log)
        XCTAssertThrowsError(try readiness.requireState())
        readiness.missingState = nil
        lease.lost()
        XCTAssertNoThrow(try readiness.requireState(), "what was known is known without a broker too")
        lease.refused()
        XCTAssertThrowsError(try readiness.requireState(), "another instance takes orders")
    }

    // MARK: Orders that are refused

    func testAnOrderThatIsRefusedHasFailed() throws {
        try withoutBroker { orders, publisher in
            for mayPlace in [false, true] {
                orders.mayPlace = mayPlace
                do {
                    _ = try await orders.place(
                        OrderRequest(item: "pizza", quantity: 3), RequestContext(requestID: "r"), by: publisher)
                    XCTFail("there is no broker")
                } catch {
                    let refusal = try XCTUnwrap(error as? OrderRefusal)
                    XCTAssertEqual(refusal.httpError.status, 503)
                    XCTAssertEqual(refusal.order?.item, "pizza")
                    XCTAssertEqual(refusal.order?.status, .failed)
                    XCTAssertEqual(refusal.httpError.headers.map(\.name), ["Retry-After"])
                }
            }
            XCTAssertEqual(orders.store.orders.count, 0, "it is not listed")
        }
    }

    /// Runs `work` with a publisher that never finds a broker.
    private func withoutBroker(
        _ work: @escaping @Sendable (Orders, AMQPPublisher) async throws -> Void
    ) throws {
        let (loop, orders, log) = (EventLoop(), orders, log)
        let nowhere = try XCTUnwrap(AMQPAddress("amqp://127.0.0.1:1/"))
        loop.run {
            let publisher = AMQPPublisher(
                on: loop, nowhere, name: "test-publisher",
                topology: AMQPTopology(exchanges: [], queues: [], bindings: []), log: log
            ) { _ in }
            do { try await work(orders, publisher) } catch { XCTFail("\(error)") }
            await publisher.close(until: EventLoop.now() + 5_000_000_000)
        }
    }
}
