import XCTest

@testable import Tracing

/// W3C Trace Context, level 1: what is taken, what is not, and what is sent on.
final class TraceContextTests: XCTestCase {
    private static let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")

    private func received(_ traceparent: String?, _ state: String? = nil) -> TraceContext {
        .received(traceparent: traceparent, state: state)
    }

    func testATraceGoesOnWithASpanOfItsOwn() {
        let (trace, span) = (TraceContextTests.trace, TraceContextTests.span)
        let context = received("00-\(trace)-\(span)-01", "a=1,b=2")
        XCTAssertEqual(context.traceID, trace)
        XCTAssertEqual(context.parentSpanID, span)
        XCTAssertNotEqual(context.spanID, span)
        XCTAssertEqual(context.traceparent, "00-\(trace)-\(context.spanID)-01")
        XCTAssertEqual(context.state, "a=1,b=2")
        let child = context.child()
        XCTAssertEqual(child.traceID, trace)
        XCTAssertEqual(child.parentSpanID, context.spanID)
        XCTAssertNotEqual(child.spanID, context.spanID)
        XCTAssertEqual(child.state, "a=1,b=2")
    }

    /// Bit 0 says that the caller may have recorded the trace; what the other bits mean is not known here.
    func testOnlyTheFlagThatIsKnownGoesOn() {
        for (flags, sent) in [("00", "00"), ("01", "01"), ("02", "00"), ("03", "01"), ("ff", "01")] {
            let context = received("00-\(TraceContextTests.trace)-\(TraceContextTests.span)-\(flags)")
            XCTAssertTrue(context.traceparent.hasSuffix("-" + sent), context.traceparent)
        }
    }

    func testAnInvalidOneCountsAsNone() {
        let (trace, span) = (TraceContextTests.trace, TraceContextTests.span)
        let (noTrace, noSpan) = (String(repeating: "0", count: 32), String(repeating: "0", count: 16))
        for text in [
            nil, "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-01-",
            "ff-\(trace)-\(span)-01",
            "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span.uppercased())-01", "00-\(noTrace)-\(span)-01",
            "00-\(trace)-\(noSpan)-01", "00-\(trace)-\(span)-0g", "00_\(trace)-\(span)-01", "0x-\(trace)-\(span)-01",
            "00-\(trace)-\(span)-01-extra", "01-\(trace)-\(span)-01extra", " 00-\(trace)-\(span)-01",
            "00-\(trace.dropLast())é-\(span)-01",
        ] {
            let context = received(text, "a=1")
            XCTAssertNotEqual(context.traceID, trace, text ?? "nil")
            XCTAssertNil(context.parentSpanID, text ?? "nil")
            XCTAssertNil(context.state, "the state belongs to the trace that was not taken: \(text ?? "nil")")
        }
    }

    func testAVersionToComeIsReadAsFarAsItIsKnown() {
        let (trace, span) = (TraceContextTests.trace, TraceContextTests.span)
        for text in ["cc-\(trace)-\(span)-01", "cc-\(trace)-\(span)-01-what-will-be"] {
            let context = received(text)
            XCTAssertEqual(context.traceID, trace)
            XCTAssertEqual(context.traceparent.prefix(3), "00-", "what is sent is of the version that is known")
        }
    }

    func testABadStateIsDroppedAndSpoilsNothing() {
        let (trace, span) = (TraceContextTests.trace, TraceContextTests.span)
        for state in ["", "a=\u{7}", "ü=1", String(repeating: "a", count: 513)] {
            let context = received("00-\(trace)-\(span)-01", state)
            XCTAssertEqual(context.traceID, trace)
            XCTAssertNil(context.state)
        }
    }

    func testIdentifiersAreNeverTheSame() {
        var seen: Set<String> = []
        for _ in 0..<10_000 {
            let context = TraceContext.new()
            XCTAssertTrue(seen.insert(context.traceID).inserted)
            XCTAssertTrue(seen.insert(context.spanID).inserted)
            XCTAssertEqual(context.traceparent.utf8.count, 55)
            XCTAssertNotNil(TraceContext(traceparent: context.traceparent))
        }
    }

    func testARequestIdentifierIsARandomUUID() throws {
        var seen: Set<String> = []
        for _ in 0..<1_000 {
            let id = RequestContext.newRequestID()
            XCTAssertNotNil(
                id.wholeMatch(of: #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#), id)
            XCTAssertTrue(seen.insert(id).inserted)
        }
    }
}
