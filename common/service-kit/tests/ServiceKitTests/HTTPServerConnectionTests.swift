import Foundation
import LabTesting
import ServiceKitTesting
import XCTest

@testable import ServiceKit

final class HTTPServerConnectionTests: XCTestCase {
    private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n" }

    private func post(_ path: String, _ body: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    func testAConnectionServesManyRequests() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let connection = try server.connect()
        for number in 0..<1_000 {
            XCTAssertEqual(try connection.send("POST", "/echo", body: "\(number)").text, "\(number)")
        }
        XCTAssertEqual(server.requestsInFlight, 0)
    }

    func testPipelinedRequestsAreAnsweredInOrder() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let connection = try server.connect()
        try connection.write((0..<200).map { post("/echo", "body \($0)") + get("/hello") }.joined())
        for number in 0..<200 {
            XCTAssertEqual(try connection.reply().text, "body \(number)")
            XCTAssertEqual(try connection.reply().text, #"{"hello":"there"}"#)
        }
    }

    func testAPipelinedRequestWaitsForADelayedOne() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let connection = try server.connect()
        try connection.write(post("/gated", "") + get("/hello") + post("/gated", "") + get("/nowhere"))
        server.waitForRequestsInFlight(1)
        server.gate.open()
        let replies = try (0..<4).map { _ in try connection.reply() }
        XCTAssertEqual(replies.map(\.status), [200, 200, 200, 404])
        XCTAssertEqual(replies[1].text, #"{"hello":"there"}"#)
    }

    func testHeadHasTheHeadersOfGetAndNoBody() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let connection = try server.connect()
        let get = try connection.send("GET", "/hello")
        let head = try connection.send("HEAD", "/hello")
        XCTAssertEqual(head.status, 200)
        XCTAssertEqual(head.headers["content-length"], get.headers["content-length"])
        XCTAssertEqual(head.headers["content-type"], "application/json")
        XCTAssertEqual(try connection.send("GET", "/hello").text, get.text, "nothing of a body is in the way")
    }

    func testAConnectionIsClosedWhereTheClientAsksForIt() throws {
        let server = try RunningServer()
        defer { server.stop() }
        for request in [
            "GET /hello HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", "GET /hello HTTP/1.0\r\n\r\n",
        ] {
            let connection = try server.connect()
            try connection.write(request)
            XCTAssertEqual(try connection.reply().text, #"{"hello":"there"}"#)
            connection.assertIsClosed()
        }
    }

    // MARK: Clients that leave

    func testARequestWhoseClientLeftBeforeItsEndIsNotHandled() throws {
        let server = try RunningServer()
        defer { server.stop() }
        for request in [
            "POST /work HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nonly a part",
            "POST /work HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly a part",
            "POST /work HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
        ] {
            var connection: HTTPConnection? = try server.connect()
            try connection?.write(request)
            server.waitForRequestsInFlight(1)
            connection = nil
            server.waitForRequestsInFlight(0)
        }
        try server.connect().write("POST /work HTTP/1.1\r\nHost: te")
        XCTAssertEqual(try server.send("GET", "/hello").status, 200, "the server lives on")
        XCTAssertEqual(server.worked.all, [])
    }

    func testAClientMayLeaveWhileItsRequestWaits() throws {
        let server = try RunningServer()
        defer { server.stop() }
        var leaving: [HTTPConnection]? = try (0..<20).map { _ in try server.connect() }
        let staying = try server.connect()
        for connection in leaving ?? [] { try connection.write(post("/gated", "")) }
        try staying.write(post("/gated", ""))
        server.waitForRequestsInFlight(21)
        leaving = nil
        server.gate.open()
        XCTAssertEqual(try staying.reply().status, 200)
        server.waitForRequestsInFlight(0)
        XCTAssertEqual(try staying.send("GET", "/hello").status, 200, "the server lives on")
    }

    func testAClientMayLeaveInADelay() throws {
        let server = try RunningServer()
        defer { server.stop() }
        server.faults.delaySeconds = 0.3
        var connection: HTTPConnection? = try server.connect()
        try connection?.write(post("/work", "left"))
        server.waitForRequestsInFlight(1)
        connection = nil
        server.waitForRequestsInFlight(0)
        XCTAssertEqual(server.worked.all, ["left"], "what was taken is done")
        XCTAssertEqual(try server.send("POST", "/work", body: "next").status, 200)
    }

    // MARK: Limits

    func testAClientThatSendsNothingForTooLongIsCutOff() throws {
        var limits = HTTPServer.Limits()
        limits.idleSeconds = 1
        let server = try RunningServer(limits: limits)
        defer { server.stop() }
        let start = EventLoop.now()
        let parts = [
            "", "POST /work HT", "POST /work HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n",
            "POST /work HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\npart",
            "POST /work HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart",
        ]
        let connections = try parts.map { part in
            let connection = try server.connect()
            try connection.write(part)
            return connection
        }
        let idle = try server.connect()
        XCTAssertEqual(try idle.send("GET", "/hello").status, 200)
        for (part, connection) in zip(parts, connections) { connection.assertIsClosed(part) }
        idle.assertIsClosed("kept alive")
        XCTAssertGreaterThan(EventLoop.now() - start, 500_000_000, "cut off too early")
        XCTAssertEqual(server.worked.all, [])
        server.waitForRequestsInFlight(0)
    }

    func testARequestMayWaitLongerThanAClientMayBeIdle() throws {
        var limits = HTTPServer.Limits()
        limits.idleSeconds = 1
        let server = try RunningServer(limits: limits)
        defer { server.stop() }
        server.faults.delaySeconds = 2.5
        let connection = try server.connect()
        XCTAssertEqual(try connection.send("POST", "/work", body: "").status, 200)
        XCTAssertEqual(try connection.send("GET", "/hello").status, 200)
    }

    func testAConnectionBeyondTheLimitIsServedWhenAnotherOneIsClosed() throws {
        var limits = HTTPServer.Limits()
        limits.connections = 2
        // So that it is no idle limit that closes a connection here.
        limits.idleSeconds = 3_600
        let server = try RunningServer(limits: limits)
        defer { server.stop() }
        var first: HTTPConnection? = try server.connect()
        let second = try server.connect()
        XCTAssertEqual(try first?.send("GET", "/hello").status, 200)
        XCTAssertEqual(try second.send("GET", "/hello").status, 200)
        let third = try server.connect()
        try third.write(post("/work", "third"))
        XCTAssertEqual(try second.send("GET", "/hello").status, 200)
        XCTAssertEqual(server.worked.all, [], "the limit was not kept")
        first = nil
        XCTAssertEqual(try third.reply().status, 200)
    }
}
