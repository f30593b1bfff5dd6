import CRdKafka
import Foundation
import LabTesting
import OrderRecords
import XCTest

@testable import KafkaClient

/// Records of producers that are none of the lab's: whatever they carry, each is an order or a dead letter, and the services
/// work on.
final class ForeignRecordTests: BrokerTestCase {
    /// One record as librdkafka takes it, with whatever key, headers and time.
    private struct Foreign {
        let name: String
        var codec = "none"
        var key: [UInt8]? = [1]
        /// A field beside those of the order.
        var padding = ""
        var timestamp: Int64?
        var headers: [(name: [UInt8], value: [UInt8]?)] = []

        init(_ name: String, _ change: (inout Foreign) -> Void = { _ in }) {
            self.name = name
            change(&self)
        }
    }

    private static func long(_ count: Int, _ byte: UInt8 = 0xE9) -> [UInt8] { Array(repeating: byte, count: count) }
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static let orders: [Foreign] = [
        Foreign("no key") { $0.key = nil }, Foreign("an empty key") { $0.key = [] },
        Foreign("a key that is no text") { $0.key = long(5000) },
        Foreign("a thousand headers") {
            $0.headers = (0..<1000).map { (bytes("header-\($0)"), bytes("value")) }
        },
        Foreign("headers without name, without value, that are no text") {
            $0.headers = [([], bytes("v")), (bytes("null"), nil), (long(300), long(300)), (bytes("empty"), [])]
        },
        Foreign("a header of half a megabyte") { $0.headers = [(bytes("large"), long(500_000))] },
        Foreign("the request's identifier is no text, and comes three times") {
            $0.headers = [
                (bytes("X-Request-Id"), long(90)), (bytes("X-Request-Id"), nil), (bytes("X-Request-Id"), long(100_000)),
            ]
        },
        Foreign("the key header is no text") { $0.headers = [(bytes("Idempotency-Key"), long(200))] },
        Foreign("the key header has no value") { $0.headers = [(bytes("Idempotency-Key"), nil)] },
        Foreign("headers by the names of a dead letter's") {
            $0.headers = ["reason", "topic", "partition", "offset"].map { (bytes($0), bytes("x")) }
        },
        Foreign("a time just after 1970") { $0.timestamp = 1 },
        Foreign("a time in the year 9999") { $0.timestamp = 253_402_300_000_000 },
        Foreign("a time beyond every calendar") { $0.timestamp = .max - 1 },
    ]

    private static let codecs = ["none", "gzip", "snappy", "lz4", "zstd"]

    /// Produces one value, and waits until the broker has it.
    private func produce(_ foreign: Foreign, _ value: [UInt8]?) throws {
        let handle = try KafkaHandle(
            RD_KAFKA_PRODUCER, settings,
            [("compression.codec", foreign.codec), ("message.max.bytes", "10000000"), ("batch.size", "10000000")],
            fixed: [], log: log)
        defer { handle.destroy() }
        let topic = try XCTUnwrap(rd_kafka_topic_new(handle.raw, OrderTopics.orders, nil))
        defer { rd_kafka_topic_destroy(topic) }
        let headers = rd_kafka_headers_new(foreign.headers.count)
        for (name, value) in foreign.headers {
            let name = name.map { CChar(bitPattern: $0) }
            if let value {
                rd_kafka_header_add(headers, name, name.count, value, value.count)
            } else {
                rd_kafka_header_add(headers, name, name.count, nil, 0)
            }
        }
        var (key, value) = (foreign.key ?? [], value)
        let error = key.withUnsafeMutableBytes { key in
            func give(_ value: UnsafeMutableRawBufferPointer?) -> OpaquePointer? {
                var parts = [
                    part(RD_KAFKA_VTYPE_RKT) { $0.u.rkt = topic },
                    part(RD_KAFKA_VTYPE_MSGFLAGS) { $0.u.i = RD_KAFKA_MSG_F_COPY },
                    part(RD_KAFKA_VTYPE_HEADERS) { $0.u.headers = headers },
                ]
                if foreign.key != nil {
                    parts.append(
                        part(RD_KAFKA_VTYPE_KEY) {
                            $0.u.mem.ptr = key.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 1)
                            $0.u.mem.size = key.count
                        })
                }
                if let value {
                    parts.append(
                        part(RD_KAFKA_VTYPE_VALUE) {
                            $0.u.mem.ptr = value.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 1)
                            $0.u.mem.size = value.count
                        })
                }
                if let time = foreign.timestamp { parts.append(part(RD_KAFKA_VTYPE_TIMESTAMP) { $0.u.i64 = time }) }
                return rd_kafka_produceva(handle.raw, parts, parts.count)
            }
            guard value != nil else { return give(nil) }
            return value!.withUnsafeMutableBytes { give($0) }
        }
        try KafkaError.check(error, while: foreign.name)
        try KafkaError.check(rd_kafka_flush(handle.raw, 20_000), while: foreign.name)
    }

    private func part(_ type: rd_kafka_vtype_t, _ set: (inout rd_kafka_vu_t) -> Void) -> rd_kafka_vu_t {
        var part = rd_kafka_vu_t()
        part.vtype = type
        set(&part)
        return part
    }

    private func ask(_ service: LabService, _ path: String) throws -> Answer {
        let reply = try HTTPConnection(port: service.port).send("GET", path)
        return Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    private func order(_ id: String, padding: String = "") -> [UInt8] {
        Array(#"{"order_id":"\#(id)","item":"burger","quantity":1,"more":"\#(padding)"}"#.utf8)
    }

    private func assertDecided(_ id: String, _ name: String, line: UInt = #line) throws {
        let isDecided = try Lab.eventually(within: 30) {
            ["reserved", "failed"].contains(try ask(.order, "/orders/\(id)").text("status"))
        }
        XCTAssertTrue(isDecided, name, line: line)
    }

    /// Waits until analytics has counted so many more, and an outcome for each.
    private func assertCounted(_ count: Int, line: UInt = #line) throws {
        let isCounted = try Lab.eventually(within: 30) {
            let metrics = try ask(.analytics, "/metrics")
            return metrics.number("total_orders") == count && metrics.number("total_inventory_events") == count
        }
        let metrics = try ask(.analytics, "/metrics").fields
        XCTAssertTrue(isCounted, "not \(count): \(metrics)", line: line)
    }

    private func assertAllAreReady(line: UInt = #line) throws {
        for service in [LabService.order, .inventory, .analytics] {
            let answer = try ask(service, "/ready")
            XCTAssertEqual(answer.status, 200, "\(service): \(answer.fields)", line: line)
        }
    }

    func testWhateverARecordCarriesItsOrderIsDecided() throws {
        guard Lab.isUp else { throw XCTSkip("no services run: tests/run_tests.sh starts them") }
        let counted = try XCTUnwrap(try ask(.analytics, "/metrics").number("total_orders"))
        let malformed = try XCTUnwrap(try ask(.inventory, "/stats").number("malformed"))
        var ids: [(String, String)] = []
        for foreign in ForeignRecordTests.orders {
            let id = UUID().uuidString.lowercased()
            try produce(foreign, order(id))
            ids.append((id, foreign.name))
        }
        for codec in ForeignRecordTests.codecs {
            // The large one is larger than the broker takes, but for its compression.
            for size in codec == "none" ? [10] : [10, 3_000_000] {
                let id = UUID().uuidString.lowercased()
                try produce(
                    Foreign(codec) { $0.codec = codec }, order(id, padding: String(repeating: "x", count: size)))
                ids.append((id, "\(codec), \(size) bytes"))
            }
        }
        for (id, name) in ids { try assertDecided(id, name) }
        try assertCounted(counted + ids.count)
        try assertAllAreReady()
        XCTAssertEqual(try ask(.inventory, "/stats").number("malformed"), malformed)
    }

    func testWhateverIsNoOrderIsADeadLetter() throws {
        guard Lab.isUp else { throw XCTSkip("no services run: tests/run_tests.sh starts them") }
        let malformed = try XCTUnwrap(try ask(.inventory, "/stats").number("malformed"))
        var count = 0
        for foreign in ForeignRecordTests.orders {
            try produce(foreign, count.isMultiple(of: 2) ? nil : ForeignRecordTests.long(100))
            count += 1
        }
        for codec in ForeignRecordTests.codecs.dropFirst() {
            try produce(Foreign(codec) { $0.codec = codec }, [UInt8](repeating: 0x20, count: 3_000_000))
            count += 1
        }
        _ = try Lab.eventually { try ask(.inventory, "/stats").number("malformed") == malformed + count }
        XCTAssertEqual(try ask(.inventory, "/stats").number("malformed"), malformed + count)
        let id = UUID().uuidString.lowercased()
        try produce(Foreign("after them"), order(id))
        try assertDecided(id, "after them")
        try assertAllAreReady()
    }
}
