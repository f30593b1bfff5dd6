import LabTesting
import XCTest

/// What goes over the queues, and what consumers do with what should not be there.
final class MessageTests: SystemTestCase {
    private let id = "01234567-89ab-4def-8123-456789abcdef"

    func testMessagesHaveTheFieldsOfTheContract() throws {
        try startAfresh(["STOCK": "burger=1"])
        let broker = try Broker()
        let keys = ["order.placed", "inventory.reserved", "inventory.failed"]
        let queues = try keys.map { try broker.tap($0) }
        defer { for queue in queues { try? broker.deleteQueue(queue) } }
        let answer = try order(headers: ["X-Request-Id": "follow-me"])
        let good = try XCTUnwrap(answer.text("order_id"))
        let bad = try accept()
        try assertAll([bad], become: "failed")
        try assertAll([good], become: "reserved")

        for (queue, type, order, status) in [
            (queues[0], "OrderPlaced", good, "placed"), (queues[1], "InventoryReserved", good, "reserved"),
            (queues[2], "InventoryFailed", bad, "failed"),
        ] {
            XCTAssertTrue(try Lab.eventually { try !broker.messages(queue).isEmpty })
            let message = try XCTUnwrap(try broker.messages(queue).first)
            let properties = try XCTUnwrap(message["properties"] as? [String: Any])
            XCTAssertEqual(properties["content_type"] as? String, "application/json")
            XCTAssertEqual(properties["delivery_mode"] as? Int, 2)
            XCTAssertEqual(properties["type"] as? String, type)
            XCTAssertNotNil(properties["timestamp"] as? Int)
            let text = try XCTUnwrap(message["payload"] as? String)
            let body = Answer(body: Array(text.utf8))
            XCTAssertEqual(body.text("message_id"), properties["message_id"] as? String)
            XCTAssertEqual(body.text("type"), type)
            XCTAssertEqual(body.text("order_id"), order)
            XCTAssertEqual(body.text("status"), status)
            XCTAssertEqual(body.text("item"), "burger")
            XCTAssertEqual(body.number("quantity"), 1)
            XCTAssertNotNil(body.fields["timestamp"] as? Double)
            if order == good { XCTAssertEqual(properties["correlation_id"] as? String, "follow-me") }
            if order == bad { XCTAssertEqual(body.text("reason"), "insufficient_stock") }
        }
    }

    // MARK: The trace

    /// The trace of the first message that a queue got: its identifier, its span, and what tracing systems have added.
    private func trace(_ broker: Broker, _ queue: String) throws -> (id: String, span: String, state: String?) {
        XCTAssertTrue(try Lab.eventually { try !broker.messages(queue).isEmpty })
        let properties = try XCTUnwrap(try broker.messages(queue).first?["properties"] as? [String: Any])
        let headers = try XCTUnwrap(properties["headers"] as? [String: Any])
        let fields = try XCTUnwrap(headers["traceparent"] as? String).split(separator: "-").map(String.init)
        XCTAssertEqual(fields.map(\.count), [2, 32, 16, 2])
        return (fields[1], fields[2], headers["tracestate"] as? String)
    }

    func testTheTraceOfARequestGoesOnToItsOutcome() throws {
        try startAfresh()
        let broker = try Broker()
        let (placed, reserved) = (try broker.tap("order.placed"), try broker.tap("inventory.reserved"))
        defer { for queue in [placed, reserved] { try? broker.deleteQueue(queue) } }
        let (id, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
        let answer = try order(headers: ["traceparent": "00-\(id)-\(span)-01", "tracestate": "vendor=1,other=2"])
        XCTAssertEqual(answer.status, 202)
        let (first, second) = (try trace(broker, placed), try trace(broker, reserved))
        XCTAssertEqual([first.id, second.id], [id, id])
        XCTAssertEqual([first.state, second.state], ["vendor=1,other=2", "vendor=1,other=2"])
        XCTAssertEqual(Set([span, first.span, second.span]).count, 3, "each hop has a span of its own")
    }

    func testAnInvalidTraceparentCountsAsNone() throws {
        try startAfresh()
        let broker = try Broker()
        let (placed, reserved) = (try broker.tap("order.placed"), try broker.tap("inventory.reserved"))
        defer { for queue in [placed, reserved] { try? broker.deleteQueue(queue) } }
        let id = "0AF7651916CD43DD8448EB211C80319C"
        let answer = try order(headers: ["traceparent": "00-\(id)-b7ad6b7169203331-01", "tracestate": "vendor=1"])
        XCTAssertEqual(answer.status, 202)
        let (first, second) = (try trace(broker, placed), try trace(broker, reserved))
        XCTAssertNotEqual(first.id, id.lowercased())
        XCTAssertEqual(first.id, second.id, "a trace begins with the request")
        XCTAssertNil(first.state)
        XCTAssertNil(second.state)
    }

    func testAMinimalMessageIsAnOrder() throws {
        try startAfresh()
        let body = "{\"order_id\":\"\(id)\",\"item\":\"pizza\",\"quantity\":2.0,\"extra\":{\"a\":[1]}}"
        try Broker().publish(Array(body.utf8), to: "order.placed", exchange: "orders_exchange", messageID: "m-1")
        try assertAll([id], become: "reserved")
        XCTAssertEqual(try stock("pizza"), 98)
        try assertNotified([id])
    }

    func testTheMessageIdentifierMayStandInTheBody() throws {
        try startAfresh()
        let body = "{\"message_id\":\"m-2\",\"order_id\":\"\(id)\",\"item\":\"pizza\",\"quantity\":1}"
        for _ in 0..<2 { try Broker().publish(Array(body.utf8), to: "order.placed", exchange: "orders_exchange") }
        try assertAll([id], become: "reserved")
        XCTAssertEqual(try stock("pizza"), 99)
    }

    func testTheSameOrderUnderAnotherIdentifierTakesNothing() throws {
        try startAfresh()
        let broker = try Broker()
        let reserved = try broker.tap("inventory.reserved")
        defer { try? broker.deleteQueue(reserved) }
        let body = Array("{\"order_id\":\"\(id)\",\"item\":\"pizza\",\"quantity\":5}".utf8)
        for message in ["m-1", "m-2"] {
            try broker.publish(body, to: "order.placed", exchange: "orders_exchange", messageID: message)
        }
        XCTAssertTrue(try Lab.eventually { try broker.messages(reserved).count == 2 })
        XCTAssertEqual(try stock("pizza"), 95)
        try assertNotified([id])
    }

    func testEveryConsumerDeadLettersWhatItCannotRead() throws {
        try startAfresh()
        let broker = try Broker()
        let good = "\"order_id\":\"\(id)\",\"item\":\"burger\",\"quantity\":1"
        let bodies: [[UInt8]] =
            [
                "", "7", "null", "[1,2]", "{", "\"text\"", "{}",
                "{\"order_id\":\"7\",\"item\":\"burger\",\"quantity\":1}",
                "{\"order_id\":\"\(id)\",\"quantity\":1}", "{\"order_id\":\"\(id)\",\"item\":\"burger\"}",
                "{\"order_id\":\"\(id)\",\"item\":\"burger\",\"quantity\":1e308}",
                "{\"order_id\":\"\(id)\",\"item\":\"burger\",\"quantity\":0}",
            ].map { Array($0.utf8) } + [[0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x7D]]
        var count = 0
        for queue in ["inventory_queue", "notification_queue", "order_status_queue"] {
            for body in bodies {
                XCTAssertTrue(try broker.publish(body, to: queue, messageID: "bad"))
                count += 1
            }
            XCTAssertTrue(try broker.publish(Array("{\(good)}".utf8), to: queue), "without any message_id")
            count += 1
        }
        _ = try Lab.eventually(within: 60) { try broker.messages("dlq_queue").count == count }
        XCTAssertEqual(try broker.messages("dlq_queue").count, count)
        XCTAssertEqual(try stock(), 100)
        let order = try accept()
        try assertAll([order], become: "reserved")
        try assertNotified([order])
    }

    func testAMessageOfMegabytesHurtsNobody() throws {
        try startAfresh()
        // More than this the management interface does not take; the broker tests send more over AMQP.
        XCTAssertTrue(
            try Broker().publish([UInt8](repeating: 0x78, count: 5_000_000), to: "inventory_queue", messageID: "big"))
        let order = try accept()
        try assertAll([order], become: "reserved")
    }

    func testTheTopologyIsTheContracts() throws {
        let broker = try Broker()
        XCTAssertEqual(try broker.ask("GET", "exchanges/%2F/orders_exchange").text("type"), "topic")
        XCTAssertEqual(try broker.ask("GET", "exchanges/%2F/dlx_exchange").text("type"), "fanout")
        for queue in ["inventory_queue", "notification_queue", "order_status_queue"] {
            let arguments = try broker.arguments(queue)
            XCTAssertEqual(arguments["x-queue-type"] as? String, "quorum")
            XCTAssertEqual(arguments["x-dead-letter-exchange"] as? String, "dlx_exchange")
            XCTAssertEqual(arguments["x-dead-letter-strategy"] as? String, "at-least-once")
            XCTAssertEqual(arguments["x-overflow"] as? String, "reject-publish")
            XCTAssertEqual(arguments["x-delivery-limit"] as? Int, 50)
        }
        XCTAssertEqual(try broker.arguments("dlq_queue")["x-queue-type"] as? String, "quorum")
        for journal in SystemTestCase.journals {
            let arguments = try broker.arguments(journal)
            XCTAssertEqual(arguments["x-queue-type"] as? String, "stream")
            XCTAssertNotNil(arguments["x-max-length-bytes"] as? Int, "it is bounded")
        }
        let bindings = try broker.ask("GET", "exchanges/%2F/orders_exchange/bindings/source").json as? [[String: Any]]
        let pairs = Set((bindings ?? []).map { "\($0["routing_key"] ?? "") \($0["destination"] ?? "")" })
        XCTAssertTrue(
            pairs.isSuperset(of: [
                "order.placed inventory_queue", "inventory.reserved notification_queue",
                "inventory.reserved order_status_queue", "inventory.failed order_status_queue",
            ]), "\(pairs)")
        for journal in SystemTestCase.journals {
            XCTAssertFalse(
                pairs.contains { $0.hasSuffix(journal) }, "an unroutable order would not come back: \(pairs)")
        }
    }
}
