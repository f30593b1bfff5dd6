import CampusModel
import Journal
import OrderMessages
import ServiceKit
import Synchronization
import Tracing
import Workflow
import WorkflowHTTP
import XCTest

@testable import AMQPClient
@testable import OrderService

/// What the order service knows, as it learns it from its journal and from outcomes.
final class OrdersTests: XCTestCase {
    /// A publisher for orders that are known already.
    private struct NoPublisher: OrderPublisher {
        var isAvailable: Bool { false }
        func publish(_ event: OrderEvent, _ context: RequestContext) async -> String? { "nothing is published" }
    }

    private static let log = Logger(service: "test", level: .error)
    private let orders = Orders()
    private lazy var work = OrderWork(orders, log: OrdersTests.log)
    private let order = Order(id: .random(), item: "burger", quantity: 2, timestamp: 1.5)
    private let other = Order(id: .random(), item: "pizza", quantity: 1, timestamp: 2.5)

    private func with(_ status: OrderStatus, _ order: Order? = nil) -> Order {
        var order = order ?? self.order
        order.status = status
        return order
    }

    private func restore(
        _ entries: OrderEntry..., record: UInt64 = 1, isOfSnapshot: Bool = false, line: UInt = #line
    ) {
        var writer = BinaryWriter()
        for entry in entries { entry.write(to: &writer) }
        var reader = BinaryReader(writer.bytes)
        while !reader.isAtEnd {
            do throws(JournalDamage) {
                try work.restore(&reader, record: record, isOfSnapshot: isOfSnapshot)
            } catch {
                return XCTFail("\(error)", line: line)
            }
        }
    }

    private func delivery(_ kind: OrderEvent.Kind, body: [UInt8]? = nil) -> AMQPDelivery {
        let publication = OrderMessage(
            OrderEvent(kind, order), id: .uuid(.random()), context: RequestContext(requestID: nil)
        ).publication
        var message = publication.message
        if let body { message.body = body }
        return AMQPDelivery(
            channel: 1, tag: 1, isRedelivered: false, routingKey: publication.routingKey, message: message)
    }

    // MARK: The journal

    func testAnOrderOfTheJournalIsPlacedUntilItsOutcome() {
        restore(.placed(order, key: nil, requestID: nil))
        XCTAssertEqual(orders.store.order(order.id), order)
        restore(.outcome(with(.failed), key: nil))
        XCTAssertEqual(orders.store.order(order.id), with(.failed))
    }

    func testAnOutcomeBeforeItsOrderIsFinal() {
        restore(.outcome(with(.reserved), key: nil))
        restore(.placed(order, key: nil, requestID: nil))
        XCTAssertEqual(orders.store.orders, [with(.reserved)])
    }

    func testTheFirstOutcomeIsFinal() {
        restore(.outcome(with(.failed), key: nil), .outcome(with(.reserved), key: nil))
        XCTAssertEqual(orders.store.orders, [with(.failed)])
    }

    func testReadingTheJournalAgainChangesNothing() {
        for _ in 0..<2 {
            work.forget()
            restore(.placed(order, key: "a", requestID: nil), .placed(other, key: nil, requestID: nil))
            restore(.outcome(with(.reserved), key: "a"), record: 2)
        }
        XCTAssertEqual(orders.store.orders, [with(.reserved), other])
    }

    func testAnOrderThatWasGivenUpIsNotShownUnlessItsOutcomeComes() {
        restore(.placed(order, key: nil, requestID: nil), .placed(other, key: nil, requestID: nil))
        restore(.givenUp(order.id), .givenUp(other.id))
        XCTAssertEqual(orders.store.orders, [])
        restore(.outcome(with(.reserved), key: nil))
        XCTAssertEqual(orders.store.orders, [with(.reserved)])
        restore(.givenUp(order.id))
        XCTAssertEqual(orders.store.orders, [with(.reserved)], "an outcome is final")
    }

    func testAnOrderOfASnapshotChangesNoneThatIsKnown() {
        restore(.outcome(with(.reserved), key: nil))
        restore(.known(order), .known(with(.failed, other)), isOfSnapshot: true)
        XCTAssertEqual(orders.store.orders, [with(.reserved), with(.failed, other)])
    }

    func testAMarkAloneIsNoOrder() {
        restore(.sent(upTo: 7), .givenUp(order.id))
        XCTAssertEqual(orders.store.orders, [])
    }

    func testKeysComeWithOrdersAndWithOutcomesAndWithSnapshots() async throws {
        let third = Order(id: .random(), item: "salad", quantity: 3)
        restore(.placed(order, key: "a", requestID: nil), .outcome(with(.reserved, other), key: "b"))
        restore(.known(third), .key("c", third.id, item: third.item, quantity: third.quantity), isOfSnapshot: true)
        // They are known: an order with such a key is a replay, for which no broker is needed.
        for (key, order) in [("a", order), ("b", other), ("c", third)] {
            let (found, isReplay) = try await orders.placement.place(
                OrderRequest(item: order.item, quantity: order.quantity),
                RequestContext(requestID: nil, idempotencyKey: key), mayPlace: false, by: NoPublisher())
            XCTAssertEqual(found.id, order.id)
            XCTAssertTrue(isReplay)
        }
    }

    // MARK: Snapshots

    /// Writes a snapshot in pieces, and has a new service read it.
    private func readSnapshot(length: Int) -> (orders: Orders, pieces: Int) {
        var writer = BinaryWriter()
        work.beginSnapshot(&writer)
        let copy = Orders()
        let reading = OrderWork(copy, log: OrdersTests.log)
        var isLast = false
        var pieces = 0
        while !isLast, pieces < 100_000 {
            var piece = BinaryWriter()
            isLast = work.writePiece(&piece, length: length)
            XCTAssertLessThan(piece.count, length + 64 * 400, "a piece is about as long as it is to be")
            pieces += 1
            var reader = BinaryReader(piece.bytes)
            while !reader.isAtEnd {
                do throws(JournalDamage) {
                    try reading.restore(&reader, record: 9, isOfSnapshot: true)
                } catch {
                    XCTFail("\(error)")
                    break
                }
            }
        }
        return (copy, pieces)
    }

    func testASnapshotHoldsTheOrdersThatAreShownAndTheirKeys() {
        let statuses: [OrderStatus] = [.placed, .reserved, .failed]
        for number in 0..<3000 {
            let order = Order(item: "item \(number)", quantity: number % 1000 + 1, timestamp: Double(number))
            let key = number % 2 == 0 ? "key \(number)" : nil
            restore(.placed(order, key: key, requestID: "r"))
            if number % 3 > 0 { restore(.outcome(with(statuses[number % 3], order), key: key)) }
            if number % 30 == 0 { restore(.givenUp(order.id)) }
        }
        for length in [1, 1000, 1_000_000] {
            let (copy, pieces) = readSnapshot(length: length)
            XCTAssertEqual(copy.store.orders, orders.store.orders, "\(length)")
            XCTAssertEqual(copy.store.orders.count, 2900)
            let (found, expected) = (copy.placement.settledKeys, orders.placement.settledKeys)
            XCTAssertEqual(found.map(\.key), expected.map(\.key))
            XCTAssertEqual(found.map(\.id), expected.map(\.id))
            XCTAssertEqual(found.map(\.request), expected.map(\.request))
            XCTAssertEqual(found.count, 1500)
            if length == 1_000_000 { XCTAssertEqual(pieces, 1) } else { XCTAssertGreaterThan(pieces, 40) }
        }
    }

    func testASnapshotOfNothingHasOneEmptyPiece() {
        let (copy, pieces) = readSnapshot(length: 1000)
        XCTAssertEqual(pieces, 1)
        XCTAssertEqual(copy.store.orders, [])
    }

    func testWhatCameAfterTheBeginningOfASnapshotIsNotInIt() {
        restore(.placed(order, key: nil, requestID: nil))
        var writer = BinaryWriter()
        work.beginSnapshot(&writer)
        restore(.placed(other, key: nil, requestID: nil))
        var piece = BinaryWriter()
        XCTAssertTrue(work.writePiece(&piece, length: 1_000_000))
        var reader = BinaryReader(piece.bytes)
        XCTAssertEqual(try? OrderEntry(from: &reader), .known(order))
        XCTAssertTrue(reader.isAtEnd)
    }

    // MARK: The queue of outcomes

    func testTheQueueHasOutcomes() throws {
        XCTAssertEqual(try work.read(delivery(.reserved)).event.order, with(.reserved))
        XCTAssertEqual(try work.read(delivery(.failed)).event.order, with(.failed))
    }

    func testWhatIsNoOutcomeIsMalformed() {
        XCTAssertThrowsError(try work.read(delivery(.placed))) { XCTAssertTrue($0 is MalformedMessage) }
        XCTAssertThrowsError(try work.read(delivery(.reserved, body: [0xFF]))) {
            XCTAssertTrue($0 is MalformedMessage)
        }
        XCTAssertEqual(orders.store.orders.count, 0)
    }

    // MARK: The connection

    func testNoOrderIsTakenWithoutTheLease() {
        XCTAssertFalse(orders.mayPlace)
        orders.mayPlace = true
        work.disconnected()
        XCTAssertFalse(orders.mayPlace)
    }

    func testWhatIsKnownIsKnownWithoutABrokerToo() {
        restore(.placed(order, key: nil, requestID: nil))
        work.disconnected()
        work.forgetUnconfirmed()
        XCTAssertEqual(orders.store.orders, [order])
    }

    func testTheServiceIsBlockedIfItHasTheLeaseAndCannotSend() {
        for (mayPlace, isAvailable) in [(false, false), (false, true), (true, false), (true, true)] {
            orders.mayPlace = mayPlace
            work.availabilityChanged(isAvailable)
            XCTAssertEqual(work.isAvailable, isAvailable)
            XCTAssertEqual(work.isBlocked, mayPlace && !isAvailable)
        }
    }

    func testAnOrderThatCannotBeSentIsAnsweredAtOnce() {
        let told = Mutex<[(UInt, OrderSender.Outcome)]>([])
        work.setCompletion { results in told.withLock { $0 += results.map { ($0.ticket, $0.outcome) } } }
        for ticket in 1...2 as ClosedRange<UInt> {
            work.refuse(
                .place(Placing(ticket, OrderEvent(.placed, order), RequestContext(requestID: nil), until: .max)))
        }
        work.refuse(.giveUp(order.id))
        XCTAssertEqual(told.withLock { $0.map(\.0) }, [1, 2])
        XCTAssertEqual(told.withLock { $0.map(\.1) }, [.unavailable, .unavailable])
    }

    // MARK: One order on its way

    func testAnOrderIsPlacedOrGivenUpAndNeverBoth() {
        let context = RequestContext(requestID: nil)
        let confirmed = Placing(1, OrderEvent(.placed, order), context, until: .max)
        XCTAssertTrue(confirmed.confirm())
        XCTAssertFalse(confirmed.giveUp(), "its client is told that it is placed")
        XCTAssertTrue(confirmed.confirm())
        let givenUp = Placing(1, OrderEvent(.placed, order), context, until: .max)
        XCTAssertTrue(givenUp.giveUp())
        XCTAssertFalse(givenUp.confirm(), "its client was told that it is not placed")
        XCTAssertTrue(givenUp.giveUp())
    }

    // MARK: Orders that are refused

    func testAnOrderThatIsRefusedHasFailed() throws {
        let (loop, orders, work) = (EventLoop(), orders, work)
        let nowhere = try XCTUnwrap(AMQPAddress("amqp://127.0.0.1:1/"))
        loop.run {
            let worker = JournaledWorker(
                OrderTopology.names(
                    journal: OrderTopology.orderJournal, lease: OrderTopology.orderLease,
                    queue: OrderTopology.statusQueue),
                JournalSettings(continuesAfterLoss: true), nowhere, name: "test-order", faults: Faults(),
                readiness: Readiness(), log: OrdersTests.log, work)
            let sender = OrderSender(on: loop, worker, work, log: OrdersTests.log)
            for mayPlace in [false, true] {
                do throws(OrderRefusal) {
                    _ = try await orders.placement.place(
                        OrderRequest(item: "pizza", quantity: 3), RequestContext(requestID: "r"), mayPlace: mayPlace,
                        by: sender)
                    XCTFail("there is no broker")
                } catch {
                    XCTAssertEqual(error.httpError.status, 503)
                    XCTAssertEqual(error.order?.item, "pizza")
                    XCTAssertEqual(error.order?.status, .failed)
                    XCTAssertEqual(error.httpError.headers.map(\.name), ["Retry-After"])
                }
            }
            XCTAssertEqual(orders.store.orders.count, 0, "it is not listed")
            await worker.close(on: loop, until: EventLoop.now() + 5_000_000_000)
            sender.close()
        }
    }
}
