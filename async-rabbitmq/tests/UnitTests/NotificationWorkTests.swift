import CampusModel
import Journal
import OrderMessages
import Tracing
import Workflow
import XCTest

@testable import AMQPClient
@testable import NotificationService

/// What the notification service takes from its queue and its journal.
final class NotificationWorkTests: XCTestCase {
    private let log = NotificationLog()
    private lazy var work = NotificationWork(log)
    private let order = Order(item: "burger", quantity: 2)

    private func delivery(_ kind: OrderEvent.Kind, body: [UInt8]? = nil) -> AMQPDelivery {
        let publication = OrderMessage(
            OrderEvent(kind, order), id: .uuid(.random()), context: RequestContext(requestID: nil)
        ).publication
        var message = publication.message
        if let body { message.body = body }
        return AMQPDelivery(
            channel: 1, tag: 1, isRedelivered: false, routingKey: publication.routingKey, message: message)
    }

    private func restore(_ bytes: [UInt8], isOfSnapshot: Bool = false) throws {
        var reader = BinaryReader(bytes)
        while !reader.isAtEnd { try work.restore(&reader, record: 1, isOfSnapshot: isOfSnapshot) }
    }

    private func bytes(_ entries: NotificationEntry...) -> [UInt8] {
        var writer = BinaryWriter()
        for entry in entries { entry.write(to: &writer) }
        return writer.bytes
    }

    func testTheQueueHasReservationsAndNothingElse() throws {
        XCTAssertEqual(try work.read(delivery(.reserved)).event.order.id, order.id)
        for delivery in [delivery(.placed), delivery(.failed), delivery(.reserved, body: [0xFF])] {
            XCTAssertThrowsError(try work.read(delivery)) { XCTAssertTrue($0 is MalformedMessage) }
        }
    }

    func testANotificationOfTheJournalIsToldAsItWas() throws {
        try restore(bytes(NotificationEntry(id: order.id, item: "burger", timestamp: 1.5)))
        let entry = try XCTUnwrap(log.entries.first)
        XCTAssertEqual(entry.id, order.id)
        XCTAssertEqual(entry.status, .reserved)
        XCTAssertEqual(entry.item, "burger")
        XCTAssertEqual(entry.timestamp, 1.5)
    }

    func testReadingTheJournalAgainChangesNothing() throws {
        let other = NotificationEntry(id: .random(), item: "pizza", timestamp: 2.5)
        let bytes = bytes(NotificationEntry(id: order.id, item: "burger", timestamp: 1.5), other)
        for isOfSnapshot in [false, true, false] {
            work.forget()
            work.forgetUnconfirmed()
            try restore(bytes, isOfSnapshot: isOfSnapshot)
            work.disconnected()
        }
        XCTAssertEqual(log.entries.map(\.item), ["burger", "pizza"], "whom a customer was told of cannot be untold")
    }

    func testASnapshotHoldsAllNotificationsInTheirOrder() throws {
        for number in 0..<3000 { log.add(.random(), .reserved, item: "item \(number)", at: Double(number)) }
        for length in [1, 1000, 1_000_000] {
            var beginning = BinaryWriter()
            work.beginSnapshot(&beginning)
            XCTAssertEqual(beginning.bytes, [])
            let expected = log.entries
            log.add(.random(), .reserved, item: "late", at: 0)
            let copy = NotificationLog()
            let reading = NotificationWork(copy)
            var (isLast, pieces) = (false, 0)
            while !isLast, pieces < 10_000 {
                var piece = BinaryWriter()
                isLast = work.writePiece(&piece, length: length)
                XCTAssertLessThan(piece.count, length + 64 * 100, "a piece is about as long as it is to be")
                var reader = BinaryReader(piece.bytes)
                while !reader.isAtEnd { try reading.restore(&reader, record: 1, isOfSnapshot: true) }
                pieces += 1
            }
            if length == 1_000_000 { XCTAssertEqual(pieces, 1) } else { XCTAssertGreaterThan(pieces, 40) }
            XCTAssertEqual(copy.entries, expected)
        }
    }

    func testASnapshotOfNothingHasOneEmptyPiece() {
        var writer = BinaryWriter()
        work.beginSnapshot(&writer)
        XCTAssertTrue(work.writePiece(&writer, length: 1000))
        XCTAssertEqual(writer.bytes, [])
    }
}
