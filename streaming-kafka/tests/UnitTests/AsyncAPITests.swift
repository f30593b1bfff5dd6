import AsyncAPI
import CampusModel
import Foundation
import KafkaClient
import LabTesting
import OrderRecords
import Tracing
import Workflow
import XCTest

/// `asyncapi.json` is what the code says, and what the code says is what it writes.
final class AsyncAPITests: XCTestCase {
    private let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../asyncapi.json").standardizedFileURL
    private let order = Order(item: "pizza", quantity: 3, timestamp: 1_700_000_000.25)

    func testTheFileIsWhatTheCodeSays() throws {
        try DescriptionFile.check(file, is: AsyncAPI.orderRecords.json, by: "AsyncAPITests")
    }

    func testTheDescriptionIsSound() throws {
        XCTAssertEqual(try MessageDescription(AsyncAPI.orderRecords.json).problemsOfDescription(), [])
    }

    func testEveryTopicIsDescribed() {
        XCTAssertEqual(AsyncAPI.orderRecords.channels.map(\.name), OrderTopics.all.map(\.name))
    }

    // MARK: Records

    private func problems(
        _ record: KafkaMessage, at topic: String, _ change: (inout MessageDescription.Found) -> Void = { _ in }
    ) throws -> [String] {
        var found = MessageDescription.Found(
            at: topic, payload: record.value,
            headers: record.headers.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) })
        found.key = record.key
        change(&found)
        return try MessageDescription(AsyncAPI.orderRecords.json).problems(of: found)
    }

    private func record(_ kind: OrderEvent.Kind, _ context: RequestContext, reason: String? = nil) -> KafkaMessage {
        OrderEvent(kind, order, reason: reason).record(headers: context.kafkaHeaders)
    }

    func testEveryRecordIsAsDescribed() throws {
        let trace = TraceContext.received(
            traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", state: "a=1,b=2")
        let context = RequestContext(requestID: "r", trace: trace)
        XCTAssertEqual(try problems(record(.placed, context), at: OrderTopics.orders), [])
        XCTAssertEqual(
            try problems(record(.placed, RequestContext(requestID: "r", idempotencyKey: "k")), at: OrderTopics.orders),
            [])
        XCTAssertEqual(try problems(record(.reserved, context), at: OrderTopics.outcomes), [])
        for reason in InventoryVerdict.reasons {
            XCTAssertEqual(try problems(record(.failed, context, reason: reason), at: OrderTopics.outcomes), [])
        }
        // Of an order that somebody else has written.
        for requestID in [nil, "", "ä\n"] {
            let foreign = RequestContext(requestID: requestID)
            XCTAssertEqual(try problems(record(.reserved, foreign), at: OrderTopics.outcomes), [])
        }
    }

    func testWhatIsOtherwiseIsFound() throws {
        let context = RequestContext(requestID: "r")
        XCTAssertEqual(
            try problems(record(.failed, context), at: OrderTopics.outcomes),
            ["payload /reason: this field is required"])
        XCTAssertGreaterThan(try problems(record(.placed, context), at: OrderTopics.outcomes).count, 0)
        XCTAssertEqual(
            try problems(record(.placed, RequestContext(requestID: nil)), at: OrderTopics.orders),
            ["header /X-Request-Id: this field is required"])
        XCTAssertEqual(
            try problems(record(.placed, context), at: OrderTopics.orders) { $0.key = nil }, ["the key must be a text"])
        XCTAssertEqual(
            try problems(record(.placed, context), at: OrderTopics.orders) { $0.key = Array("7".utf8) }.count, 2,
            "neither the pattern nor the format")
    }
}
