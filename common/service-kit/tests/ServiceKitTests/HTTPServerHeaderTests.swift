import Foundation
import LabTesting
import ServiceKitTesting
import StrictJSON
import Tracing
import XCTest

@testable import ServiceKit

/// What a handler gets to see of a request's headers, path and query.
final class HTTPServerHeaderTests: XCTestCase {
    private var server: RunningServer!

    override func setUpWithError() throws {
        server = try RunningServer { router in
            router.get("/key") { request in
                let key = try request.contextWithKey().idempotencyKey
                return .object { $0.field("key", key ?? "none") }
            }
            router.get("/query") { request in
                let value = try request.query("a")
                return .object { $0.field("a", value ?? "none") }
            }
            router.get("/seen") { request in
                .object {
                    $0.field("method", request.method)
                    $0.field("accept", request.accept ?? "none")
                    $0.field("request_id", request.context.requestID ?? "")
                    $0.field("trace", request.context.trace.traceID)
                    $0.field("parent", request.context.trace.parentSpanID ?? "")
                    $0.field("state", request.context.trace.state ?? "")
                }
            }
            router.get("/items/{item}") { request in .object { $0.field("item", request.parameter) } }
        }
    }

    override func tearDown() { server.stop() }

    private func get(_ path: String, _ fields: String...) throws -> HTTPConnection.Reply {
        let connection = try server.connect()
        try connection.write(
            (["GET \(path) HTTP/1.1", "Host: test"] + fields + ["", ""]).joined(separator: "\r\n"))
        return try connection.reply()
    }

    private func field(_ name: String, of reply: HTTPConnection.Reply) throws -> String? {
        try json(reply.text)[name] as? String
    }

    // MARK: X-Request-Id

    func testAUsableRequestIDIsTakenAndReturned() throws {
        for id in ["a", "!~", "0123-ab:{}", String(repeating: "x", count: 128)] {
            let reply = try get("/seen", "X-Request-Id: \(id)")
            XCTAssertEqual(reply.headers["x-request-id"], id)
            XCTAssertEqual(try field("request_id", of: reply), id)
        }
        XCTAssertEqual(try get("/seen", "x-REQUEST-id: \t padded \t").headers["x-request-id"], "padded")
    }

    func testAnyOtherRequestIDIsReplaced() throws {
        var made: Set<String> = []
        for id in ["", "a b", "a\tb", "ä", "a\u{7F}", "a\u{1}", String(repeating: "x", count: 129)] {
            let reply = try get("/seen", "X-Request-Id: \(id)")
            let new = try XCTUnwrap(reply.headers["x-request-id"])
            XCTAssertNotNil(UUID(uuidString: new), "\(id.debugDescription) became \(new)")
            XCTAssertEqual(try field("request_id", of: reply), new)
            XCTAssertTrue(made.insert(new).inserted)
        }
    }

    func testARequestWithoutOneOrWithSeveralGetsARequestIDOfItsOwn() throws {
        let none = try XCTUnwrap(try get("/seen").headers["x-request-id"])
        let several = try XCTUnwrap(try get("/seen", "X-Request-Id: a", "X-Request-Id: b").headers["x-request-id"])
        XCTAssertNotNil(UUID(uuidString: none))
        XCTAssertNotNil(UUID(uuidString: several))
        XCTAssertNotEqual(none, several)
    }

    // MARK: traceparent, tracestate

    func testATraceThatARequestBringsGoesOn() throws {
        let trace = "0af7651916cd43dd8448eb211c80319c"
        let reply = try get(
            "/seen", "TraceParent: 00-\(trace)-b7ad6b7169203331-01", "tracestate: a=1", "tracestate: b=2")
        XCTAssertEqual(try field("trace", of: reply), trace)
        XCTAssertEqual(try field("parent", of: reply), "b7ad6b7169203331")
        XCTAssertEqual(try field("state", of: reply), "a=1,b=2", "several fields are one list")
    }

    func testARequestWithoutATraceOrWithAnInvalidOneBeginsOne() throws {
        let valid = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        var seen: Set<String> = ["0af7651916cd43dd8448eb211c80319c"]
        for fields in [
            ["X-Any: a"], ["traceparent: 00-1-2-3", "tracestate: a=1"], [valid, valid], ["tracestate: a=1"],
        ] {
            let connection = try server.connect()
            try connection.write(
                (["GET /seen HTTP/1.1", "Host: test"] + fields + ["", ""]).joined(separator: "\r\n"))
            let reply = try connection.reply()
            XCTAssertTrue(seen.insert(try XCTUnwrap(try field("trace", of: reply))).inserted, "\(fields)")
            XCTAssertEqual(try field("parent", of: reply), "")
            XCTAssertEqual(try field("state", of: reply), "")
        }
    }

    func testErrorsReturnTheRequestIDToo() throws {
        for (path, field, status) in [
            ("/nowhere", "X-Any: a", 404), ("/work", "X-Any: a", 405), ("/seen", "X-Any : a", 400),
            ("/seen", "Content-Length: 999999999", 413),
        ] {
            let reply = try get(path, "X-Request-Id: mine", field)
            XCTAssertEqual(reply.status, status)
            XCTAssertEqual(reply.headers["x-request-id"], "mine", "\(status)")
        }
    }

    // MARK: Idempotency-Key

    func testAnIdempotencyKeyIs1To255VisibleCharacters() throws {
        XCTAssertEqual(try field("key", of: get("/key")), "none")
        for key in ["a", "!\"#~", String(repeating: "k", count: 255)] {
            XCTAssertEqual(try field("key", of: get("/key", "Idempotency-Key: \(key)")), key)
            XCTAssertEqual(try field("key", of: get("/key", "idempotency-KEY:   \(key)  ")), key)
        }
    }

    func testAnyOtherIdempotencyKeyIsRefused() throws {
        for key in ["", " ", "a b", "a\tb", "ä", "a\u{7F}", String(repeating: "k", count: 256)] {
            let reply = try get("/key", "Idempotency-Key: \(key)")
            XCTAssertEqual(reply.status, 400, key.debugDescription)
            XCTAssertEqual(try field("error", of: reply), "bad_request")
            XCTAssertTrue(reply.text.contains("Idempotency-Key"), reply.text)
        }
        XCTAssertEqual(try get("/key", "Idempotency-Key: a", "Idempotency-Key: a").status, 400, "two keys")
    }

    // MARK: The rest of the head

    func testMethodAndAcceptAreSeenAsTheyCame() throws {
        let reply = try get("/seen", "Accept: text/plain;q=0.5, */*")
        XCTAssertEqual(try field("accept", of: reply), "text/plain;q=0.5, */*")
        XCTAssertEqual(try field("method", of: reply), "GET")
        XCTAssertEqual(try field("accept", of: get("/seen")), "none")
    }

    func testAQueryIsDecoded() throws {
        for (query, value) in [
            ("", "none"), ("?", "none"), ("?b=1", "none"), ("?A=1", "none"), ("?a=1", "1"), ("?a=", ""), ("?a", ""),
            ("?b=2&a=1&c", "1"), ("?a=%C3%A4%26+%2b", "ä& +"), ("?%61=1", "1"), ("?a=1=2", "1=2"), ("?a=%00x", "%00x"),
        ] {
            XCTAssertEqual(try field("a", of: get("/query" + query)), value, query)
        }
        XCTAssertEqual(try get("/query?a=1&a=1").status, 400, "a parameter given twice")
    }

    func testAPathIsDecoded() throws {
        for (path, item) in [("a", "a"), ("a%20b", "a b"), ("%C3%A4", "ä"), ("a%7Bb", "a{b"), ("a%zz", "a%zz")] {
            XCTAssertEqual(try field("item", of: get("/items/\(path)")), item, path)
        }
        XCTAssertEqual(try get("/items/a%2Fb").status, 404, "a slash is a slash")
    }

    func testNULMakesNoOtherPathOfOne() throws {
        XCTAssertEqual(try get("/seen%00x").status, 404)
        XCTAssertEqual(try get("/seen%00").status, 404)
        XCTAssertEqual(try field("item", of: get("/items/a%00b")), "a%00b")
    }
}
