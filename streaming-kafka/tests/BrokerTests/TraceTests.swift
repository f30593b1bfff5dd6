import CRdKafka
import Foundation
import LabTesting
import OrderRecords
import Tracing
import XCTest

@testable import KafkaClient

/// What goes along with a request is found in every record that follows from it.
final class TraceTests: BrokerTestCase {
    private static let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    private static let traceparent = "00-\(trace)-\(span)-01"

    /// The values of all headers of a name, in order.
    private func values(_ record: KafkaRecord, _ name: String) -> [String] {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(record.message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [] }
        var found: [String] = []
        var (value, size): (UnsafeRawPointer?, Int) = (nil, 0)
        while rd_kafka_header_get(headers, found.count, name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            found.append(String(decoding: UnsafeRawBufferPointer(start: value, count: size), as: UTF8.self))
        }
        return found
    }

    /// The headers of a name that the record of an order has in a topic, as soon as it is there.
    private func headers(of order: String, in topic: String, _ names: [String]) async throws -> [String: [String]] {
        try await onWorker {
            var found: [String: [String]] = [:]
            let isThere = try await eventually {
                let reader = try makeConsumer(.reader(group: unique, topics: [topic]))
                _ = try await LogReplay.read([topic], with: reader) { record in
                    guard record.key == Array(order.utf8) else { return }
                    for name in names { found[name] = values(record, name) }
                }
                return !found.isEmpty
            }
            XCTAssertTrue(isThere, topic)
            return found
        }
    }

    /// Places an order with these headers.
    ///
    /// - Returns: what its two records carry, the order's and its outcome's.
    private func follow(_ sent: [String: String]) async throws -> [[String: [String]]] {
        let body = LabTestCase.body()
        let reply = try HTTPConnection(port: LabService.order.port).send("POST", "/order", body: body, headers: sent)
        XCTAssertEqual(reply.status, 201)
        let order = try XCTUnwrap(Answer(status: 201, headers: reply.headers, body: reply.body).text("order_id"))
        let names = ["traceparent", "tracestate", "X-Request-Id", "Idempotency-Key"]
        var all: [[String: [String]]] = []
        for topic in [OrderTopics.orders, OrderTopics.outcomes] {
            all.append(try await headers(of: order, in: topic, names))
        }
        return all
    }

    /// The parts of a `traceparent`: version, trace, span, flags.
    private func parts(_ values: [String]?, line: UInt = #line) throws -> [String] {
        XCTAssertEqual(values?.count, 1, "it is set, and not added", line: line)
        let parts = try XCTUnwrap(values?.last, line: line).split(separator: "-").map(String.init)
        XCTAssertEqual(parts.map(\.count), [2, 32, 16, 2], line: line)
        return parts
    }

    func testATraceGoesOnFromTheRequestToTheOrderAndItsOutcome() async throws {
        guard Lab.isUp else { throw XCTSkip("no services run: tests/run_tests.sh starts them") }
        let state = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
        let records = try await follow([
            "traceparent": TraceTests.traceparent, "tracestate": state, "X-Request-Id": unique,
            "Idempotency-Key": unique,
        ])
        var spans: Set = [TraceTests.span]
        for record in records {
            let parts = try parts(record["traceparent"])
            XCTAssertEqual(parts[1], TraceTests.trace)
            XCTAssertEqual(parts[3], "01")
            XCTAssertTrue(spans.insert(parts[2]).inserted, "each hop has a span of its own")
            XCTAssertEqual(record["tracestate"], [state])
            XCTAssertEqual(record["X-Request-Id"], [unique])
        }
        XCTAssertEqual(records.map { $0["Idempotency-Key"] }, [[unique], []], "the key is the order's own matter")
    }

    func testAnInvalidTraceIsNoneAndATraceBegins() async throws {
        guard Lab.isUp else { throw XCTSkip("no services run: tests/run_tests.sh starts them") }
        let zeros = String(repeating: "0", count: 32)
        for text in ["", "00-\(zeros)-\(TraceTests.span)-01", "ff-\(TraceTests.trace)-\(TraceTests.span)-01", "x"] {
            let records = try await follow(["traceparent": text, "tracestate": "a=1"])
            let traces = try records.map { try parts($0["traceparent"])[1] }
            XCTAssertEqual(Set(traces).count, 1, "one trace for both")
            XCTAssertFalse([TraceTests.trace, zeros].contains(traces[0]), text)
            XCTAssertEqual(records.map { $0["tracestate"] }, [[], []], "it belongs to no trace")
        }
    }

    /// As where a proxy has added its own.
    func testOfSeveralHeadersTheLastOneCounts() async throws {
        try await onWorker {
            let (first, last) = (
                "00-\(String(repeating: "1", count: 32))-\(TraceTests.span)-00", TraceTests.traceparent
            )
            let producer = try makeProducer(.reports)
            try producer.begin()
            let headers = [
                ("traceparent", first), ("tracestate", "a=1"), ("X-Request-Id", "one"), ("traceparent", last),
                ("tracestate", "b=2"), ("X-Request-Id", "two"),
            ]
            let message = KafkaMessage(key: nil, value: [1], headers: headers.map { ($0.0, Array($0.1.utf8)) })
            try producer.produce(message, to: 0)
            try await producer.flush(milliseconds: 10_000)
            var contexts: [RequestContext] = []
            _ = try await LogReplay.read([unique], with: try makeReader()) { contexts.append($0.context) }
            XCTAssertEqual(contexts.map(\.requestID), ["two"])
            XCTAssertEqual(contexts.map(\.trace.traceID), [TraceTests.trace])
            XCTAssertEqual(contexts.map(\.trace.parentSpanID), [TraceTests.span])
            XCTAssertEqual(contexts.map(\.trace.state), ["b=2"])
        }
    }
}
