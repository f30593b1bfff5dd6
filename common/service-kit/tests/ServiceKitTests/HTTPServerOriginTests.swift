import LabTesting
import ServiceKitTesting
import XCTest

@testable import ServiceKit

/// What pages of other origins may read, and how a browser asks first: the contract's section 2, "Other origins".
final class HTTPServerOriginTests: XCTestCase {
    private static let readable = "X-Request-Id, Idempotent-Replayed, Retry-After"
    private static let evil = "https://evil.example"

    private func withServer(_ test: (RunningServer) throws -> Void) throws {
        let origins = try XCTUnwrap(OriginPolicy(allowed: ["https://campus.example"]))
        let server = try RunningServer(origins: origins) { router in
            router.get("/long") { _ in
                HTTPResponse(pieces: { [UInt8](repeating: UInt8(ascii: " "), count: 1024) })
            }
            router.get("/fails") { _ in throw HTTPError.retryLater(.overloaded, "busy") }
        }
        defer { server.stop() }
        try test(server)
    }

    private func names(_ reply: HTTPConnection.Reply) -> [String] {
        reply.headers.keys.filter { $0 == "vary" || $0.hasPrefix("access-control-") }.sorted()
    }

    /// Every kind of answer: method, path, body and status.
    private static let requests: [(String, String, String?, Int)] = [
        ("GET", "/hello", nil, 200), ("HEAD", "/hello", nil, 200), ("POST", "/work", "x", 200),
        ("GET", "/nowhere", nil, 404), ("DELETE", "/hello", nil, 405), ("GET", "/fails", nil, 503),
        ("POST", "/admin/fail", "{}", 400), ("POST", "/echo", String(repeating: "x", count: 70_000), 413),
        ("HEAD", "/long", nil, 200), ("OPTIONS", "/hello", nil, 204), ("OPTIONS", "/nowhere", nil, 404),
    ]

    func testAPageOfAnAllowedOriginMayReadEveryAnswer() throws {
        try withServer { server in
            let own = "http://127.0.0.1:\(server.port)"
            for origin in [own, "http://localhost:3000", "HTTPS://Campus.example"] {
                for (method, path, body, status) in Self.requests {
                    let reply = try server.send(method, path, body: body, headers: ["Origin": origin])
                    XCTAssertEqual(reply.status, status, path)
                    XCTAssertEqual(reply.headers["access-control-allow-origin"], origin, "as it was sent")
                    XCTAssertEqual(reply.headers["access-control-expose-headers"], Self.readable)
                    XCTAssertEqual(reply.headers["vary"], "Origin")
                    XCTAssertEqual(names(reply).count, 3, "\(names(reply))")
                }
            }
        }
    }

    func testAPageOfAnotherOriginMayReadNothing() throws {
        try withServer { server in
            for (method, path, body, status) in Self.requests {
                let status = ["POST", "DELETE"].contains(method) ? 403 : status
                let reply = try server.send(method, path, body: body, headers: ["Origin": Self.evil])
                XCTAssertEqual(reply.status, status, path)
                XCTAssertEqual(names(reply), ["vary"], path)
                XCTAssertEqual(reply.headers["vary"], "Origin")
            }
            XCTAssertEqual(server.worked.all, [])
        }
    }

    func testAProgramThatSendsNoOriginGetsNoSuchHeader() throws {
        try withServer { server in
            for (method, path, body, status) in Self.requests {
                let reply = try server.send(
                    method, path, body: body, headers: ["Access-Control-Request-Method": "POST"])
                XCTAssertEqual(reply.status, status, path)
                XCTAssertEqual(names(reply), [], path)
            }
        }
    }

    func testABodyInPiecesHasTheHeadersToo() throws {
        try withServer { server in
            let connection = try server.connect()
            try connection.write("GET /long HTTP/1.1\r\nHost: test\r\nOrigin: http://localhost\r\n\r\n")
            let head = try connection.text(upTo: "\r\n\r\n")
            for line in [
                "Transfer-Encoding: chunked", "Access-Control-Allow-Origin: http://localhost", "Vary: Origin",
                "Access-Control-Expose-Headers: " + Self.readable,
            ] {
                XCTAssertTrue(head.contains("\r\n\(line)"), head)
            }
        }
    }

    /// An answer that is sent before the body was read, and closes the connection.
    func testARequestThatIsRefusedByItsHeadHasTheHeadersToo() throws {
        try withServer { server in
            for (field, status) in [("Content-Length: 1\r\nContent-Length: 2", 400), ("Content-Length: 99999999", 413)]
            {
                let connection = try server.connect()
                try connection.write(
                    "POST /echo HTTP/1.1\r\nHost: test\r\nOrigin: http://localhost\r\n\(field)\r\n\r\n")
                let reply = try connection.reply()
                XCTAssertEqual(reply.status, status)
                XCTAssertEqual(reply.headers["access-control-allow-origin"], "http://localhost")
                XCTAssertEqual(reply.headers["vary"], "Origin")
            }
        }
    }

    func testTwoOriginsAreNone() throws {
        try withServer { server in
            let connection = try server.connect()
            try connection.write(
                "GET /hello HTTP/1.1\r\nHost: test\r\nOrigin: http://localhost\r\nOrigin: http://localhost\r\n\r\n")
            XCTAssertEqual(names(try connection.reply()), ["vary"])
        }
    }

    // MARK: OPTIONS

    func testOptionsIs204WithWhatThePathTakes() throws {
        try withServer { server in
            let connection = try server.connect()
            for (path, allow) in [("/hello", "GET, HEAD, OPTIONS"), ("/work", "OPTIONS, POST")] {
                let reply = try connection.send("OPTIONS", path)
                XCTAssertEqual(reply.status, 204)
                XCTAssertEqual(reply.headers["allow"], allow)
                for name in ["content-type", "content-length", "transfer-encoding"] {
                    XCTAssertNil(reply.headers[name], name)
                }
                XCTAssertNotNil(reply.headers["x-request-id"])
            }
            XCTAssertEqual(try connection.send("GET", "/hello").status, 200, "nothing of a body is in the way")
        }
    }

    func testABrowserMayAskWhatItsPageMaySend() throws {
        try withServer { server in
            let asking = ["Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"]
            let headers = asking.merging(["Origin": "https://campus.example"]) { $1 }
            let reply = try server.send("OPTIONS", "/work", headers: headers)
            XCTAssertEqual(reply.status, 204)
            XCTAssertEqual(reply.headers["allow"], "OPTIONS, POST")
            XCTAssertEqual(reply.headers["access-control-allow-origin"], "https://campus.example")
            XCTAssertEqual(reply.headers["access-control-allow-methods"], "OPTIONS, POST")
            XCTAssertEqual(
                reply.headers["access-control-allow-headers"],
                "Content-Type, Idempotency-Key, X-Request-Id, traceparent, tracestate")
            XCTAssertEqual(reply.headers["access-control-max-age"], "600")
            XCTAssertEqual(reply.headers["vary"], "Origin")
            XCTAssertEqual(server.worked.all, [], "the handler was not asked")
            let other = try server.send("OPTIONS", "/work", headers: asking.merging(["Origin": Self.evil]) { $1 })
            XCTAssertEqual(other.status, 204)
            XCTAssertEqual(names(other), ["vary"])
            let unknown = try server.send("OPTIONS", "/nowhere", headers: headers)
            XCTAssertEqual(unknown.status, 404)
            XCTAssertNil(unknown.headers["access-control-allow-methods"])
        }
    }
}
