import CampusModel
import ServiceKit
import XCTest

@testable import AMQPClient
@testable import OrderService

/// What the order service knows, as it learns it from the log and from outcomes.
final class OrderDeskTests: XCTestCase {
    private let desk = OrderDesk(log: Logger(service: "test", level: .error))
    private let readiness = Readiness()
    private let order = Order(id: .random(), item: "burger", quantity: 2)

    private func event(_ kind: OrderEvent.Kind, _ order: Order? = nil, key: String? = nil) -> OrderEvent {
        OrderEvent(kind, order ?? self.order, messageID: .uuid(.random()), idempotencyKey: key)
    }

    private func delivery(_ event: OrderEvent, body: [UInt8]? = nil) -> AMQPDelivery {
        let publication = event.publication
        var message = publication.message
        if let body { message.body = body }
        return AMQPDelivery(
            channel: 1, tag: 1, isRedelivered: false, routingKey: publication.routingKey, message: message)
    }

    private func overdue() -> [OrderID] {
        desk.unsettled.overdue(at: .max) { desk.orders.order($0)?.status == .placed }
    }

    func testAnOrderOfTheLogIsPlacedUntilItsOutcome() {
        desk.restore(event(.placed))
        XCTAssertEqual(desk.orders.order(order.id)?.status, .placed)
        desk.restore(event(.failed))
        XCTAssertEqual(desk.orders.order(order.id)?.status, .failed)
        XCTAssertEqual(overdue(), [])
    }

    func testAnOrderOfTheLogWithoutOutcomeIsWaitedFor() {
        desk.restore(event(.placed))
        XCTAssertEqual(overdue(), [order.id])
    }

    func testAnOutcomeBeforeItsOrderIsFinal() {
        desk.restore(event(.reserved))
        desk.restore(event(.placed))
        XCTAssertEqual(desk.orders.order(order.id)?.status, .reserved)
        XCTAssertEqual(overdue(), [])
    }

    func testReadingTheLogAgainChangesNothing() {
        let other = Order(id: .random(), item: "pizza", quantity: 1)
        for _ in 0..<2 {
            desk.restore(event(.placed))
            desk.restore(event(.placed, other))
            desk.restore(event(.reserved))
        }
        XCTAssertEqual(desk.orders.orders.count, 2)
        XCTAssertEqual(desk.orders.order(order.id)?.status, .reserved)
        XCTAssertEqual(overdue(), [other.id])
    }

    func testTheFirstOutcomeIsFinal() {
        desk.settle(event(.failed))
        desk.settle(event(.reserved))
        XCTAssertEqual(desk.orders.order(order.id)?.status, .failed)
    }

    func testKeysComeWithOrdersAndWithOutcomes() async throws {
        let other = Order(id: .random(), item: "pizza", quantity: 1)
        desk.restore(event(.placed, key: "a"))
        desk.settle(event(.reserved, other, key: "b"))
        for (key, order) in [("a", order), ("b", other)] {
            let request = OrderRequest(item: order.item, quantity: order.quantity)
            let (id, isReplay) = try await desk.keys.once(key, request) { _ in
                XCTFail("the order is known")
                return .settled
            }
            XCTAssertEqual(id, order.id)
            XCTAssertTrue(isReplay)
        }
    }

    // MARK: The feed of outcomes

    func testTheFeedWaitsForTheDesk() {
        let feed = OutcomeFeed(desk, readiness, log: desk.log)
        XCTAssertFalse(feed.mayConsume)
        desk.isOpen = true
        XCTAssertTrue(feed.mayConsume)
    }

    func testTheFeedSettlesOrders() throws {
        let feed = OutcomeFeed(desk, readiness, log: desk.log)
        desk.restore(event(.placed))
        try feed.handle(delivery(event(.reserved)))
        XCTAssertEqual(desk.orders.order(order.id)?.status, .reserved)
    }

    func testTheFeedTakesOutcomesOnly() {
        let feed = OutcomeFeed(desk, readiness, log: desk.log)
        XCTAssertThrowsError(try feed.handle(delivery(event(.placed)))) { XCTAssertTrue($0 is MalformedMessage) }
        XCTAssertThrowsError(try feed.handle(delivery(event(.reserved), body: [0xFF]))) {
            XCTAssertTrue($0 is MalformedMessage)
        }
        XCTAssertEqual(desk.orders.orders.count, 0)
    }

    // MARK: The lease

    func testTheDeskIsClosedWithoutTheLease() {
        let lease = DeskLease(desk, readiness, log: desk.log)
        readiness.set("publisher", missing: "the lease")
        lease.refused()
        XCTAssertEqual(readiness.condition, "standby")
        desk.isOpen = true
        lease.lost()
        XCTAssertFalse(desk.isOpen)
        XCTAssertEqual(readiness.condition, "starting")
    }

    /// Before the log was read the list would be empty, and beside another instance it would be an old one.
    func testWithoutTheLogTheOrdersAreNotKnown() throws {
        XCTAssertNil(readiness.missingState)
        let lease = DeskLease(desk, readiness, log: desk.log)
        XCTAssertThrowsError(try readiness.requireState())
        readiness.missingState = nil
        lease.lost()
        XCTAssertNoThrow(try readiness.requireState(), "what was known is known without a broker too")
        lease.refused()
        XCTAssertThrowsError(try readiness.requireState(), "another instance takes orders")
    }

    // MARK: Orders that are refused

    func testAnOrderThatIsRefusedHasFailed() throws {
        let attempt = desk.refuse(OrderRequest(item: "pizza", quantity: 3), as: order.id)
        guard case .unsettled(let error) = attempt else { return XCTFail("\(attempt)") }
        XCTAssertEqual(error.status, 503)
        XCTAssertEqual(error.order?.id, order.id)
        XCTAssertEqual(error.order?.status, .failed)
        XCTAssertEqual(error.headers.map(\.name), ["Retry-After"])
        XCTAssertNil(desk.orders.order(order.id), "it is not listed")
    }
}
