import LabTesting
import ServiceKitTesting
import XCTest

@testable import ServiceKit

/// Clients that the server must not answer, or not wait for.
final class HTTPServerClientTests: XCTestCase {
    private func limits(_ seconds: Double) -> HTTPServer.Limits {
        var limits = HTTPServer.Limits()
        limits.requestSeconds = seconds
        return limits
    }

    // MARK: Web pages

    func testAPageOfAnotherOriginChangesNothing() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let connection = try server.connect()
        let reply = try connection.send(
            "POST", "/work", body: "from elsewhere", headers: ["Origin": "https://evil.example"])
        XCTAssertEqual(reply.status, 403)
        XCTAssertEqual(try json(reply.text)["error"] as? String, "forbidden_origin")
        XCTAssertEqual(server.worked.all, [], "the handler was not asked")
        XCTAssertEqual(
            try connection.send("POST", "/admin/fail", body: #"{"enabled":true}"#, headers: ["Origin": "null"]).status,
            403)
        XCTAssertFalse(server.faults.fails)
        XCTAssertEqual(try connection.send("GET", "/hello", headers: ["Origin": "https://evil.example"]).status, 200)
    }

    func testAPageOfTheServersOwnAndAProgramMayChangeSomething() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let connection = try server.connect()
        for origin in ["http://127.0.0.1:\(server.port)", "http://localhost:3000"] {
            XCTAssertEqual(try connection.send("POST", "/work", body: origin, headers: ["Origin": origin]).status, 200)
        }
        XCTAssertEqual(try connection.send("POST", "/work", body: "curl").status, 200)
        XCTAssertEqual(server.worked.count, 3)
    }

    // MARK: Slow clients

    /// Sends one byte after another until the server closes the connection, or patience ends.
    private func drip(_ connection: HTTPConnection, _ text: String) {
        let bytes = Array(text.utf8)
        for byte in bytes.prefix(Int(patience * 10)) {
            guard (try? connection.write([byte])) != nil else { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    func testAHeadThatComesByteAfterByteIsCutOff() throws {
        let server = try RunningServer(limits: limits(2))
        defer { server.stop() }
        let (fresh, used) = (try server.connect(), try server.connect())
        XCTAssertEqual(try used.send("GET", "/hello").status, 200)
        for connection in [fresh, used] {
            drip(connection, "GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: " + String(repeating: "x", count: 2000))
            connection.assertIsClosed("a client that never ends its head")
        }
        XCTAssertEqual(try server.send("GET", "/hello").status, 200)
    }

    func testABodyThatComesByteAfterByteIsCutOff() throws {
        let server = try RunningServer(limits: limits(2))
        defer { server.stop() }
        let connection = try server.connect()
        try connection.write("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n")
        drip(connection, String(repeating: "x", count: 2000))
        connection.assertIsClosed("a client that never ends its body")
        XCTAssertEqual(server.requestsInFlight, 0)
    }

    /// A client that reads nothing lets the kernel's buffers fill, and then holds the answer.
    func testAnAnswerThatIsNotTakenIsCutOff() throws {
        let (large, seconds) = (32 << 20, 1.0)
        let server = try RunningServer(limits: limits(seconds)) { router in
            router.get("/large") { _ in
                HTTPResponse(contentType: "text/plain", body: [UInt8](repeating: 0x78, count: large))
            }
        }
        defer { server.stop() }
        XCTAssertEqual(try server.send("GET", "/large").body.count, large, "one that is taken is not")
        // The time grows with the answer, to minutes here: that is looked at without waiting for it.
        let client = ClientConnection(-1, at: 0)
        client.answers(large, limit: EventLoop.Nanoseconds(seconds * 1e9), at: 0)
        XCTAssertFalse(client.isTooSlow(at: 500_000_000_000, limit: 0))
        XCTAssertTrue(client.isTooSlow(at: 520_000_000_000, limit: 0))
        client.requestIsDone(at: 520_000_000_000)
        XCTAssertFalse(client.isTooSlow(at: 521_500_000_000, limit: 0))
    }

    /// What takes long is the service, or nothing at all.
    func testAClientThatWaitsIsNotCutOff() throws {
        let server = try RunningServer(limits: limits(1))
        defer { server.stop() }
        let (waiting, idle) = (try server.connect(), try server.connect())
        XCTAssertEqual(try idle.send("GET", "/hello").status, 200)
        try waiting.write("POST /gated HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        server.waitForRequestsInFlight(1)
        // Several times as long as a request may take.
        Thread.sleep(forTimeInterval: 4)
        server.gate.open()
        XCTAssertEqual(try waiting.reply().status, 200)
        XCTAssertEqual(try idle.send("GET", "/hello").status, 200, "between two requests it may rest")
    }
}
