import Foundation
import LabTesting
import XCTest

/// What the services really publish, held against `asyncapi.json`.
final class PublishedMessageTests: SystemTestCase {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../asyncapi.json").standardizedFileURL

    /// A message as the management interface shows it.
    private struct Message {
        let key: String
        let body: Answer
        let found: MessageDescription.Found

        /// - Parameter queue: what it was found in, if it is to be held against that, and not against its routing key.
        init(_ json: [String: Any], in queue: String? = nil) {
            key = json["routing_key"] as? String ?? ""
            var bytes = Array((json["payload"] as? String ?? "").utf8)
            if json["payload_encoding"] as? String == "base64" {
                bytes = Array(Data(base64Encoded: Data(bytes)) ?? Data())
            }
            body = Answer(body: bytes)
            var properties = json["properties"] as? [String: Any] ?? [:]
            let headers = properties.removeValue(forKey: "headers") as? [String: Any] ?? [:]
            var found = MessageDescription.Found(
                at: queue ?? key, payload: bytes, headers: headers.map { ($0.key, $0.value) })
            found.exchange = json["exchange"] as? String
            found.properties = properties
            self.found = found
        }
    }

    private func description() throws -> MessageDescription {
        try MessageDescription(contentsOf: PublishedMessageTests.file)
    }

    /// Waits until a queue holds so many messages.
    private func messages(_ queue: String, _ count: Int, line: UInt = #line) throws -> [[String: Any]] {
        let broker = try Broker()
        _ = try Lab.eventually { try broker.messages(queue).count == count }
        let messages = try broker.messages(queue)
        XCTAssertEqual(messages.count, count, line: line)
        return messages
    }

    func testEveryMessageOfTheLabIsAsDescribed() throws {
        try startAfresh(["STOCK": "burger=1"])
        let (broker, description) = (try Broker(), try description())
        let tap = try broker.tap("#")
        defer { try? broker.deleteQueue(tap) }
        let headers = [
            "X-Request-Id": "lunch", "Idempotency-Key": "lunch-7", "tracestate": "a=1,b=2",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ]
        XCTAssertEqual(try order("burger", 1, headers: headers).status, 202)
        try assertAll([try accept("burger"), try accept("sushi")], become: "failed")
        // A sender from outside: what the lab publishes in its turn is as described, too.
        let foreign = #"{"order_id":"\#(UUID().uuidString)","item":"burger","quantity":2.0}"#
        XCTAssertTrue(
            try broker.publish(Array(foreign.utf8), to: "order.placed", exchange: "orders_exchange", messageID: "m 1"))

        let bindings =
            try broker.ask("GET", "exchanges/%2F/orders_exchange/bindings/source").json as? [[String: Any]] ?? []
        let all = try messages(tap, 8).filter {
            ($0["properties"] as? [String: Any])?["message_id"] as? String != "m 1"
        }
        let own = all.map { Message($0) }
        XCTAssertEqual(own.count, 7)
        for (json, message) in zip(all, own) {
            XCTAssertEqual(description.problems(of: message.found), [], "\(message.key) \(message.body.fields)")
            // It comes to its queues as they are described, too.
            let queues = bindings.filter { $0["routing_key"] as? String == message.key }
                .compactMap { $0["destination"] as? String }
            XCTAssertFalse(queues.isEmpty, message.key)
            for queue in queues {
                XCTAssertEqual(description.problems(of: Message(json, in: queue).found), [], queue)
            }
        }
        XCTAssertEqual(
            own.map { $0.key + ($0.body.text("reason").map { " " + $0 } ?? "") }.sorted(),
            [
                "inventory.failed insufficient_stock", "inventory.failed insufficient_stock",
                "inventory.failed unknown_item", "inventory.reserved", "order.placed", "order.placed", "order.placed",
            ])
        XCTAssertEqual(own.filter { $0.body.text("cause") == "m 1" }.count, 1)
        let named = own.filter { $0.found.headers.contains { $0.name == "idempotency-key" } }
        XCTAssertEqual(
            Set(named.map(\.key)), ["order.placed", "inventory.reserved"], "with all headers that there are")
    }

    func testADeadLetterIsAsDescribed() throws {
        try startAfresh()
        let (broker, description) = (try Broker(), try description())
        for queue in ["inventory_queue", "notification_queue", "order_status_queue"] {
            XCTAssertTrue(try broker.publish(Array("{".utf8), to: queue))
            XCTAssertTrue(try broker.publish([0xFF, 0], to: queue, messageID: "bad"))
        }
        XCTAssertTrue(try broker.publish([], to: "inventory.reserved", exchange: "orders_exchange"))
        let letters = try messages("dlq_queue", 8).map { Message($0, in: "dlq_queue") }
        for letter in letters { XCTAssertEqual(description.problems(of: letter.found), [], "\(letter.found.headers)") }
        XCTAssertEqual(
            Set(letters.compactMap(\.found.exchange)), ["dlx_exchange"], "where the description says they come from")
    }
}
