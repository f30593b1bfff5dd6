import CampusModel
import Foundation
import OrderMessages
import Tracing
import Workflow
import XCTest

@testable import AMQPClient

final class OrderMessageTests: XCTestCase {
    private let order = Order(item: "pizza", quantity: 3, timestamp: 1_700_000_000.25)
    private let id = OrderID.random()

    private func read(
        _ json: String, id: String? = "m1", type: String? = nil, key: String = "order.placed",
        kinds: Set<OrderEvent.Kind> = [.placed]
    ) throws -> OrderMessage {
        try OrderMessage(
            AMQPMessage(body: Array(json.utf8), messageID: id, type: type), routingKey: key, expecting: kinds)
    }

    private func body(_ more: String = "") -> String {
        #"{"order_id":"\#(id)","item":"burger","quantity":2\#(more)}"#
    }

    func testWhatIsWrittenIsReadAgain() throws {
        let cause = try XCTUnwrap(MessageID("by hand"))
        for kind in OrderEvent.Kind.allCases {
            let message = OrderMessage(
                OrderEvent(kind, order, reason: kind == .failed ? "unknown_item" : nil), id: .uuid(id),
                cause: kind == .placed ? nil : cause, context: RequestContext(requestID: "r", idempotencyKey: "k"))
            let sent = message.publication
            XCTAssertEqual(sent.exchange, "orders_exchange")
            XCTAssertEqual(sent.routingKey, OrderTopology.routingKey(kind))
            XCTAssertEqual(sent.message.type, kind.rawValue)
            XCTAssertEqual(sent.message.correlationID, "r")
            XCTAssertEqual(sent.message.messageID, "\(id)")
            XCTAssertNotNil(sent.message.timestamp)
            let read = try OrderMessage(sent.message, routingKey: sent.routingKey, expecting: [kind])
            XCTAssertEqual(read.event, message.event)
            XCTAssertEqual(read.id, message.id)
            XCTAssertEqual(read.cause, message.cause)
            XCTAssertEqual(read.context.requestID, "r")
            XCTAssertEqual(read.context.idempotencyKey, "k")
            XCTAssertEqual(read.context.trace.traceID, message.context.trace.traceID)
        }
    }

    func testTheBodyHasTheFieldsOfTheContract() throws {
        let message = OrderMessage(
            OrderEvent(.failed, order, reason: "insufficient_stock"), id: .uuid(id), cause: MessageID("by hand"),
            context: RequestContext(requestID: nil))
        XCTAssertEqual(
            String(decoding: message.publication.message.body, as: UTF8.self),
            #"{"type":"InventoryFailed","order_id":"\#(order.id)","item":"pizza","quantity":3,"status":"failed","#
                + #""timestamp":1700000000.25,"reason":"insufficient_stock","message_id":"\#(id)","cause":"by hand"}"#)
    }

    func testTypeStatusAndTimestampMayBeMissingAndOthersMayBeThere() throws {
        let message = try read(body(#","more":[1,{"a":null}]"#))
        XCTAssertEqual(message.event.kind, .placed)
        XCTAssertEqual(message.event.order.id, id)
        XCTAssertEqual(message.event.order.status, .placed)
        XCTAssertGreaterThan(message.event.order.timestamp, 1_600_000_000)
    }

    func testTheRoutingKeyTellsAnOutcomeThatDoesNotSay() throws {
        let outcomes: Set<OrderEvent.Kind> = [.reserved, .failed]
        XCTAssertEqual(try read(body(), key: "inventory.failed", kinds: outcomes).event.kind, .failed)
        XCTAssertEqual(try read(body(), key: "inventory.reserved", kinds: outcomes).event.order.status, .reserved)
        let failed = try read(body(#","status":"failed""#), key: "order_status_queue", kinds: outcomes)
        XCTAssertEqual(failed.event.kind, .failed)
        XCTAssertEqual(try read(body(), type: "InventoryFailed", key: "q", kinds: outcomes).event.kind, .failed)
        XCTAssertThrowsError(try read(body(), key: "order_status_queue", kinds: outcomes))
    }

    func testTheIdentifierIsThePropertyOrElseTheField() throws {
        XCTAssertEqual(try read(body(#","message_id":"m2""#)).id, MessageID("m1"))
        XCTAssertEqual(try read(body(#","message_id":"m2""#), id: nil).id, MessageID("m2"))
        XCTAssertThrowsError(try read(body(), id: nil))
        XCTAssertThrowsError(try read(body(#","message_id":7"#), id: nil))
        XCTAssertThrowsError(try read(body(#","message_id":"""#), id: nil))
    }

    func testUUIDsOfMessagesCompareWhateverTheirCase() throws {
        let upper = try read(body(), id: "\(id)".uppercased())
        XCTAssertEqual(upper.id, .uuid(id))
    }

    func testWhatIsNoEventIsMalformed() {
        let wrong = [
            "", "not json", "[1,2]", "7", "null", "\"x\"", "{}", "{\"order_id\":\"\(id)\"}",
            body().replacing("2}", "0}"),
            body().replacing("2}", "\"2\"}"), body().replacing("2}", "1e308}"), body().replacing("\(id)", "no-uuid"),
            body().replacing("\"burger\"", "7"), body(#","status":"eaten""#), body(#","status":3"#),
            body(#","timestamp":"now""#), body(#","timestamp":-1"#), body(#","type":"InventoryFailed""#),
            body(#","type":7"#), body() + "x",
        ]
        for text in wrong { XCTAssertThrowsError(try read(text), text) }
        let latin = AMQPMessage(body: Array(body().utf8) + [0xFF], messageID: "m")
        XCTAssertThrowsError(try OrderMessage(latin, routingKey: "order.placed", expecting: [.placed]))
        var long = AMQPMessage(body: Array(body().utf8), messageID: "m")
        long.isTooLong = true
        XCTAssertThrowsError(try OrderMessage(long, routingKey: "order.placed", expecting: [.placed]))
    }
}

extension String {
    fileprivate func replacing(_ part: String, _ other: String) -> String {
        replacingOccurrences(of: part, with: other)
    }
}
