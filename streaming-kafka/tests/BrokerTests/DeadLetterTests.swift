import Foundation
import KafkaClient
import LabTesting
import OrderRecords
import XCTest

/// What the lab's own inventory does with records that are no orders.
final class DeadLetterTests: BrokerTestCase {
    /// As large as librdkafka sends it: with the headers of the copy it would be larger than that.
    private let largest = [UInt8](repeating: UInt8(ascii: "x"), count: 999_900)

    func testWhatIsNoOrderIsCopiedAndCountedAndHoldsNothingUp() async throws {
        try await onWorker {
            guard Lab.isUp else { throw XCTSkip("no inventory runs: tests/run_tests.sh starts one") }
            let before = try ask(.inventory, "GET", "/stats").number("malformed") ?? -1
            let (keys, values): ([[UInt8]?], [[UInt8]?]) = (
                [nil, [1, 255], nil, Array(unique.utf8)], [[0, 255, 1], nil, Array("{}".utf8), largest]
            )
            let producer = try makeProducer(.reports, topics: [OrderTopics.orders])
            try producer.begin()
            for (key, value) in zip(keys, values) { try producer.produce(KafkaMessage(key: key, value: value), to: 0) }
            try await producer.flush(milliseconds: 10_000)

            XCTAssertTrue(
                try Lab.eventually { try ask(.inventory, "GET", "/stats").number("malformed") == before + values.count }
            )
            let copies = try await deadLetters().suffix(values.count)
            for copy in copies {
                XCTAssertEqual(Set(copy.headers.keys), ["reason", "topic", "partition", "offset"])
                XCTAssertEqual(copy.headers["topic"], OrderTopics.orders)
            }
            for (key, value) in zip(keys, values).dropLast() {
                XCTAssertTrue(
                    copies.contains { $0.key == key && $0.value == value }, "\(value ?? []) with \(key ?? [])")
            }
            XCTAssertTrue(copies.contains { $0.headers["reason"]?.contains("too large") ?? false })
            let order = try ask(.order, "POST", "/order", LabTestCase.body())
            let path = "/orders/\(order.text("order_id") ?? "")"
            XCTAssertTrue(try Lab.eventually { try ask(.order, "GET", path).text("status") != "placed" })
        }
    }

    /// A topic may take less than librdkafka sends. The batch that held such a copy was undone and tried again for ever.
    func testACopyThatTheBrokerDoesNotTakeHoldsNothingUp() async throws {
        try await onWorker {
            try Lab.needOwnBroker()
            try needKafka()
            let before = try XCTUnwrap(try ask(.inventory, "GET", "/stats").number("malformed"))
            try set(["max.message.bytes": "1500"], of: OrderTopics.deadLetters)
            defer { try? set([:], of: OrderTopics.deadLetters) }
            let producer = try makeProducer(.reports, topics: [OrderTopics.orders])
            try producer.begin()
            for _ in 0..<3 {
                // No codec makes less of it.
                let noise = (0..<5000).map { _ in UInt8.random(in: 0...255) }
                try producer.produce(KafkaMessage(key: nil, value: noise), to: 0)
            }
            try await producer.flush(milliseconds: 10_000)
            XCTAssertTrue(
                try Lab.eventually(within: 60) {
                    try ask(.inventory, "GET", "/stats").number("malformed") == before + 3
                })
            let copies = try await deadLetters().suffix(3)
            XCTAssertTrue(copies.allSatisfy { $0.headers["reason"]?.contains("too large") ?? false })
            let order = try ask(.order, "POST", "/order", LabTestCase.body())
            let path = "/orders/\(order.text("order_id") ?? "")"
            XCTAssertTrue(try Lab.eventually { try ask(.order, "GET", path).text("status") != "placed" })
        }
    }

    private func ask(_ service: LabService, _ method: String, _ path: String, _ body: String? = nil) throws -> Answer {
        let reply = try HTTPConnection(port: service.port).send(method, path, body: body)
        return Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    private struct Copy {
        let key: [UInt8]?
        let value: [UInt8]?
        let headers: [String: String]
    }

    /// All there are, oldest first.
    private func deadLetters() async throws -> [Copy] {
        let reader = try makeConsumer(.reader(group: unique, topics: [OrderTopics.deadLetters]))
        var copies: [Copy] = []
        _ = try await LogReplay.read([OrderTopics.deadLetters], with: reader) { record in
            var headers: [String: String] = [:]
            for name in ["reason", "topic", "partition", "offset"] {
                headers[name] = record.header(name).map { String(decoding: $0, as: UTF8.self) }
            }
            copies.append(Copy(key: record.key, value: record.value, headers: headers))
        }
        return copies
    }
}
