import Tracing
import XCTest

@testable import AMQPClient

/// What goes along with a message: the request's identifier, the client's key, and the trace.
final class MessageContextTests: XCTestCase {
    private let traceID = "0af7651916cd43dd8448eb211c80319c"
    private let spanID = "b7ad6b7169203331"

    private func message(_ headers: [AMQPMessage.Header]) -> AMQPMessage {
        AMQPMessage(body: [], correlationID: "r", headers: headers)
    }

    private func header(_ name: String, _ text: String) -> AMQPMessage.Header { .init(name, .text(text)) }

    func testEachHopIsASpanOfItsOwnInTheSameTrace() throws {
        let received = message([
            header("traceparent", "00-\(traceID)-\(spanID)-01"), header("tracestate", "vendor=1,other=2"),
        ]).context
        XCTAssertEqual(received.requestID, "r")
        XCTAssertEqual(received.trace.traceID, traceID)
        XCTAssertEqual(received.trace.parentSpanID, spanID)
        var sent = AMQPMessage(body: [])
        sent.inject(received)
        XCTAssertEqual(sent.correlationID, "r")
        XCTAssertEqual(sent.text("tracestate"), "vendor=1,other=2")
        let fields = try XCTUnwrap(sent.text("traceparent")).split(separator: "-").map(String.init)
        XCTAssertEqual([fields[0], fields[1], fields[3]], ["00", traceID, "01"])
        XCTAssertFalse([spanID, received.trace.spanID].contains(fields[2]), "the message is a span of its own")
        let next = sent.context
        XCTAssertEqual(next.trace.traceID, traceID)
        XCTAssertEqual(next.trace.parentSpanID, fields[2])
        XCTAssertEqual(next.trace.state, "vendor=1,other=2")
    }

    func testAnInvalidTraceparentCountsAsNone() {
        for text in [
            "", "00", "00-\(traceID)-\(spanID)", "ff-\(traceID)-\(spanID)-01",
            "00-\(traceID.uppercased())-\(spanID)-01",
            "00-\(String(repeating: "0", count: 32))-\(spanID)-01",
            "00-\(traceID)-\(String(repeating: "0", count: 16))-01", "00-\(traceID)-\(spanID)-01-more",
        ] {
            let context = message([header("traceparent", text), header("tracestate", "vendor=1")]).context
            XCTAssertNotEqual(context.trace.traceID, traceID, text)
            XCTAssertNil(context.trace.parentSpanID, text)
            XCTAssertNil(context.trace.state, "a state without its trace says nothing: \(text)")
        }
        let number = message([.init("traceparent", .integer(7))]).context
        XCTAssertNil(number.trace.parentSpanID)
    }

    func testAKeyThatNoClientCanHaveSentIsNone() {
        let long = String(repeating: "x", count: 256)
        XCTAssertEqual(message([header("idempotency-key", "k")]).context.idempotencyKey, "k")
        XCTAssertNil(message([header("idempotency-key", long)]).context.idempotencyKey)
        XCTAssertNil(message([.init("idempotency-key", .integer(1))]).context.idempotencyKey)
    }

    func testWithoutAKeyOrAStateThereAreNoSuchHeaders() {
        var sent = AMQPMessage(body: [])
        sent.inject(RequestContext(requestID: nil))
        XCTAssertEqual(sent.headers.map(\.name), ["traceparent"])
        XCTAssertNil(sent.correlationID)
    }
}
