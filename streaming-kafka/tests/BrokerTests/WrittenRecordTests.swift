import CRdKafka
import Foundation
import LabTesting
import OrderRecords
import XCTest

@testable import KafkaClient

/// What the services really write, held against `asyncapi.json`.
final class WrittenRecordTests: BrokerTestCase {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../asyncapi.json").standardizedFileURL

    /// A record with all that it has.
    private func found(_ record: KafkaRecord, in topic: String) -> MessageDescription.Found {
        var raw: OpaquePointer?
        var headers: [(name: String, value: Any)] = []
        if rd_kafka_message_headers(record.message, &raw) == RD_KAFKA_RESP_ERR_NO_ERROR {
            var (name, value, size): (UnsafePointer<CChar>?, UnsafeRawPointer?, Int) = (nil, nil, 0)
            while let raw,
                rd_kafka_header_get_all(raw, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR
            {
                let bytes = UnsafeRawBufferPointer(start: value, count: size)
                headers.append((name.map { String(cString: $0) } ?? "", String(decoding: bytes, as: UTF8.self)))
            }
        }
        var found = MessageDescription.Found(at: topic, payload: record.value, headers: headers)
        found.key = record.key
        return found
    }

    /// All records of a topic that are wanted, oldest first.
    private func records(
        of topic: String, _ isWanted: (KafkaRecord) -> Bool
    ) async throws -> [MessageDescription.Found] {
        let reader = try makeConsumer(.reader(group: unique, topics: [topic]))
        var records: [MessageDescription.Found] = []
        _ = try await LogReplay.read([topic], with: reader) { record in
            if isWanted(record) { records.append(found(record, in: topic)) }
        }
        return records
    }

    private func ask(
        _ service: LabService, _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:]
    ) throws -> Answer {
        let reply = try HTTPConnection(port: service.port).send(method, path, body: body, headers: headers)
        return Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    private func place(_ item: String, _ headers: [String: String] = [:]) throws -> String {
        let answer = try ask(.order, "POST", "/order", LabTestCase.body(item, 1), headers: headers)
        XCTAssertEqual(answer.status, 201)
        return try XCTUnwrap(answer.text("order_id"))
    }

    func testEveryRecordOfTheLabIsAsDescribed() async throws {
        guard Lab.isUp else { throw XCTSkip("no services run: tests/run_tests.sh starts them") }
        let description = try MessageDescription(contentsOf: WrittenRecordTests.file)
        try Lab.run("restart", "inventory", environment: ["STOCK": "\(unique)=1"])
        let headers = [
            "X-Request-Id": unique, "Idempotency-Key": unique, "tracestate": "a=1,b=2",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ]
        var ids = [try place(unique, headers), try place(unique), try place("sushi")]
        let bulk = try ask(.order, "POST", "/orders/bulk", #"{"count":2,"item":"\#(unique)"}"#)
        ids += try XCTUnwrap(bulk.fields["order_ids_sample"] as? [String])
        let keys = Set(ids.map { Array($0.utf8) })
        XCTAssertEqual(keys.count, 5)

        try await onWorker {
            var outcomes: [MessageDescription.Found] = []
            let areThere = try await eventually {
                outcomes = try await records(of: OrderTopics.outcomes) { $0.key.map(keys.contains) ?? false }
                return outcomes.count == ids.count
            }
            XCTAssertTrue(areThere, "\(outcomes.count) outcomes")
            let orders = try await records(of: OrderTopics.orders) { $0.key.map(keys.contains) ?? false }
            XCTAssertEqual(orders.count, ids.count)
            for record in orders + outcomes {
                let value = Answer(body: record.payload ?? [])
                XCTAssertEqual(description.problems(of: record), [], "\(value.fields) \(record.headers)")
                XCTAssertEqual(value.text("order_id").map { Array($0.utf8) }, record.key, "the key is the order's")
            }
            let kinds = outcomes.map { Answer(body: $0.payload ?? []) }.map {
                $0.text("reason") ?? $0.text("type") ?? ""
            }
            XCTAssertEqual(
                kinds.sorted(),
                ["InventoryReserved", "insufficient_stock", "insufficient_stock", "insufficient_stock", "unknown_item"])
            XCTAssertEqual(orders.filter { $0.headers.count == 4 }.count, 1, "one has all headers that there are")
        }
    }

    func testADeadLetterIsAsDescribed() async throws {
        guard Lab.isUp else { throw XCTSkip("no services run: tests/run_tests.sh starts them") }
        let description = try MessageDescription(contentsOf: WrittenRecordTests.file)
        try await onWorker {
            let before = try XCTUnwrap(try ask(.inventory, "GET", "/stats").number("malformed"))
            let producer = try makeProducer(.reports, topics: [OrderTopics.orders])
            try producer.begin()
            for (key, value) in [(nil, [255]), (Array(unique.utf8), nil), ([1, 0], Array("{}".utf8))]
                as [([UInt8]?, [UInt8]?)]
            {
                let headers = [("traceparent", Array("x".utf8)), ("reason", Array("none".utf8))]
                try producer.produce(KafkaMessage(key: key, value: value, headers: headers), to: 0)
            }
            try await producer.flush(milliseconds: 10_000)
            XCTAssertTrue(
                try Lab.eventually { try ask(.inventory, "GET", "/stats").number("malformed") == before + 3 })
            let letters = try await records(of: OrderTopics.deadLetters) { _ in true }
            XCTAssertGreaterThanOrEqual(letters.count, 3)
            for letter in letters { XCTAssertEqual(description.problems(of: letter), [], "\(letter.headers)") }
        }
    }
}
