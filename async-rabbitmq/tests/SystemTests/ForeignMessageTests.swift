import CRabbitMQ
import Foundation
import LabTesting
import XCTest

/// Messages of senders that are none of the lab's: whatever they carry, it costs no connection and holds nobody up.
final class ForeignMessageTests: SystemTestCase {
    /// A way in which a message may be odd.
    private struct Oddity {
        let name: String
        let change: @Sendable (ForeignPublisher, inout amqp_basic_properties_t) -> Void

        init(_ name: String, _ change: @escaping @Sendable (ForeignPublisher, inout amqp_basic_properties_t) -> Void) {
            self.name = name
            self.change = change
        }
    }

    private static let names = ["inventory", "notification", "order"]

    private func connections() throws -> [Int] {
        let broker = try Broker()
        return try ForeignMessageTests.names.map { try broker.connection($0)["connected_at"] as? Int ?? 0 }
    }

    private static func long(_ count: Int, _ byte: UInt8 = 0xE9) -> [UInt8] { Array(repeating: byte, count: count) }

    /// Every property of AMQP 0-9-1 that a service reads or passes on, with contents that no text has.
    private static let oddities: [Oddity] = [
        Oddity("correlation_id is not UTF-8, and would be longer if it was repaired") {
            $1._flags |= lab_amqp_has_correlation_id
            $1.correlation_id = $0.bytes(long(90))
        },
        Oddity("correlation_id is as long as can be") {
            $1._flags |= lab_amqp_has_correlation_id
            $1.correlation_id = $0.bytes(long(255))
        },
        Oddity("correlation_id is a long text of characters with four bytes") {
            $1._flags |= lab_amqp_has_correlation_id
            $1.correlation_id = $0.bytes(String(repeating: "😀", count: 63))
        },
        Oddity("correlation_id holds line breaks and NUL") {
            $1._flags |= lab_amqp_has_correlation_id
            $1.correlation_id = $0.bytes([10, 13, 0, 27, 127])
        },
        Oddity("correlation_id is empty") {
            $1._flags |= lab_amqp_has_correlation_id
            $1.correlation_id = $0.bytes([])
        },
        Oddity("type is not UTF-8") {
            $1._flags |= lab_amqp_has_type
            $1.type = $0.bytes(long(255))
        },
        Oddity("content_type is nonsense") {
            $1._flags |= lab_amqp_has_content_type
            $1.content_type = $0.bytes(long(255))
        },
        Oddity("timestamp is the greatest number") {
            $1._flags |= lab_amqp_has_timestamp
            $1.timestamp = .max
        },
        Oddity("a header's name is not UTF-8, and another one is as long as can be") {
            $1._flags |= lab_amqp_has_headers
            let text = $0.value(AMQP_FIELD_KIND_UTF8)
            $1.headers = $0.table([($0.bytes(long(90)), text), ($0.bytes(long(255, 0x61)), text)])
        },
        Oddity("the key is not UTF-8") { $1.setKey($0, long(90)) },
        Oddity("the key has 256 bytes") { $1.setKey($0, long(256, 0x61)) },
        Oddity("the key is a hundred thousand bytes long") { $1.setKey($0, long(100_000, 0x61)) },
        Oddity("the key is empty") { $1.setKey($0, []) },
        Oddity("headers of every type") {
            $1._flags |= lab_amqp_has_headers
            let kinds = [
                AMQP_FIELD_KIND_BOOLEAN, AMQP_FIELD_KIND_I8, AMQP_FIELD_KIND_I16, AMQP_FIELD_KIND_I32,
                AMQP_FIELD_KIND_I64, AMQP_FIELD_KIND_F32, AMQP_FIELD_KIND_F64, AMQP_FIELD_KIND_DECIMAL,
                AMQP_FIELD_KIND_UTF8, AMQP_FIELD_KIND_ARRAY, AMQP_FIELD_KIND_BYTES, AMQP_FIELD_KIND_TIMESTAMP,
                AMQP_FIELD_KIND_TABLE, AMQP_FIELD_KIND_VOID,
            ]
            let publisher = $0
            // Also under the names that the services look for.
            $1.headers = publisher.table(
                kinds.map { (publisher.bytes("h\($0.rawValue)"), publisher.value($0)) }
                    + kinds.map { (publisher.bytes("idempotency-key"), publisher.value($0)) }
                    + kinds.map { (publisher.bytes("x-stream-offset"), publisher.value($0)) })
        },
        Oddity("two thousand headers") {
            $1._flags |= lab_amqp_has_headers
            let publisher = $0
            $1.headers = publisher.table(
                (0..<2000).map { (publisher.bytes("header-\($0)"), publisher.value(AMQP_FIELD_KIND_I64)) })
        },
        Oddity("a header of arrays in arrays") {
            $1._flags |= lab_amqp_has_headers
            $1.headers = $0.table([($0.bytes("deep"), $0.nested(20_000))])
        },
    ]

    func testWhateverAMessageCarriesItsOrderIsDecidedAndNoConnectionIsLost() throws {
        try startAfresh(["STOCK": "1000"])
        let before = try connections()
        let publisher = try ForeignPublisher()
        var ids: [String] = []
        for (number, oddity) in ForeignMessageTests.oddities.enumerated() {
            let id = UUID().uuidString.lowercased()
            ids.append(id)
            // The identifier stands in the body, so that each property may be anything.
            let body = #"{"message_id":"f-\#(number)","order_id":"\#(id)","item":"burger","quantity":1}"#
            // Straight to the queue: on its way to a stream RabbitMQ 3.10 itself fails with some types of headers.
            try publisher.publish(Array(body.utf8), to: "inventory_queue", exchange: "") {
                oddity.change(publisher, &$0)
            }
            try publisher.settle()
        }
        // One that comes after all of them.
        ids.append(try accept())
        for (id, name) in zip(ids, ForeignMessageTests.oddities.map(\.name) + ["the order after them"]) {
            let isDecided = try Lab.eventually(within: 20) { try self.status(id) == "reserved" }
            XCTAssertTrue(isDecided, name)
        }
        try assertNotified(ids)
        XCTAssertEqual(try connections(), before, "the connections are the same")
        XCTAssertEqual(try stock(), 1000 - ids.count)
        // What is in the log is read again at the next start.
        for service in services { try Lab.run("restart", service.rawValue, environment: ["STOCK": "1000"]) }
        XCTAssertEqual(try stock(), 1000 - ids.count)
        XCTAssertEqual(try orders("?status=reserved").count, ids.count)
        try assertNotified(ids)
    }

    func testAnIdentifierThatIsNoTextCountsAsNone() throws {
        try startAfresh()
        let before = try connections()
        let publisher = try ForeignPublisher()
        let id = UUID().uuidString.lowercased()
        let body = Array(#"{"order_id":"\#(id)","item":"burger","quantity":1}"#.utf8)
        for queue in ["inventory_queue", "notification_queue", "order_status_queue"] {
            try publisher.publish(body, to: queue, exchange: "") {
                $0._flags |= lab_amqp_has_message_id
                $0.message_id = publisher.bytes(ForeignMessageTests.long(255))
            }
        }
        XCTAssertTrue(try Lab.eventually { try Broker().messages("dlq_queue").count == 3 })
        try assertAll([try accept()], become: "reserved")
        XCTAssertEqual(try connections(), before, "the connections are the same")
    }

    /// What is taken from the message must fit into those that are published in its turn.
    func testTheLongestTextsTravelOn() throws {
        try startAfresh()
        let broker = try Broker()
        let reserved = try broker.tap("inventory.reserved")
        defer { try? broker.deleteQueue(reserved) }
        let publisher = try ForeignPublisher()
        let (id, text) = (UUID().uuidString.lowercased(), String(repeating: "ä", count: 127))
        let item = String(repeating: "🍔", count: 64)
        let body = #"{"message_id":"\#(text)","order_id":"\#(id)","item":"\#(item)","quantity":1}"#
        try publisher.publish(Array(body.utf8), to: "order.placed") {
            $0._flags |= lab_amqp_has_correlation_id
            $0.correlation_id = publisher.bytes(text)
            $0.setKey(publisher, Array(text.utf8))
        }
        try assertAll([id], become: "failed")
        try publisher.publish(
            Array(body.replacingOccurrences(of: item, with: "pizza").utf8), to: "order.placed", { _ in })
        XCTAssertEqual(try broker.messages(reserved).count, 0, "the order was decided once")
    }
}

extension amqp_basic_properties_t {
    /// Sets the header that carries a client's `Idempotency-Key`.
    fileprivate mutating func setKey(_ publisher: ForeignPublisher, _ content: [UInt8]) {
        _flags |= lab_amqp_has_headers
        let text = publisher.value(AMQP_FIELD_KIND_UTF8) { $0.value.bytes = publisher.bytes(content) }
        headers = publisher.table([(publisher.bytes("idempotency-key"), text)])
    }
}
