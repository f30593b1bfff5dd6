import Foundation
import LabTesting
import ServiceKitTesting
import XCTest

@testable import ServiceKit

/// Every error has the contract's body: `{"error": "<code>", "detail": "<one sentence>"}`.
final class HTTPServerErrorTests: XCTestCase {
    private struct Secret: Error {
        let password = "hunter2"
    }

    private func withServer(_ test: (RunningServer) throws -> Void) throws {
        let server = try RunningServer { router in
            router.post("/unexpected") { _ in throw Secret() }
            router.post("/overloaded") { _ in
                var error = HTTPError(503, .overloaded, "come back later")
                error.headers = [("Retry-After", "1")]
                throw error
            }
        }
        defer { server.stop() }
        try test(server)
    }

    private func assertIsError(
        _ reply: HTTPConnection.Reply, _ status: Int, _ code: String, line: UInt = #line
    ) throws {
        XCTAssertEqual(reply.status, status, line: line)
        XCTAssertEqual(reply.headers["content-type"], "application/json", line: line)
        let fields = try json(reply.text)
        XCTAssertEqual(fields["error"] as? String, code, line: line)
        XCTAssertFalse((fields["detail"] as? String ?? "").isEmpty, line: line)
        XCTAssertEqual(fields.count, 2, reply.text, line: line)
    }

    func testAnUnknownPathIs404() throws {
        try withServer { server in
            for (method, path) in [
                ("GET", "/"), ("GET", "/nowhere"), ("POST", "/hello/"), ("DELETE", "/x"), ("OPTIONS", "*"),
                ("GET", "/admin"), ("GET", "/../hello"), ("GET", "/HELLO"),
            ] {
                try assertIsError(try server.send(method, path, body: ""), 404, "not_found")
            }
        }
    }

    func testAKnownPathWithAnotherMethodIs405WithAllow() throws {
        try withServer { server in
            for (method, path, allow) in [
                ("POST", "/hello", "GET, HEAD, OPTIONS"), ("DELETE", "/hello", "GET, HEAD, OPTIONS"),
                ("GET", "/work", "OPTIONS, POST"), ("BREW", "/work", "OPTIONS, POST"),
                ("GET", "/admin/delay", "OPTIONS, POST"), ("post", "/work", "OPTIONS, POST"),
            ] {
                let reply = try server.send(method, path, body: "{}")
                try assertIsError(reply, 405, "method_not_allowed")
                XCTAssertEqual(reply.headers["allow"], allow)
            }
            XCTAssertEqual(server.worked.all, [])
        }
    }

    func testHeadOfAnErrorHasNoBody() throws {
        try withServer { server in
            let connection = try server.connect()
            XCTAssertEqual(try connection.send("HEAD", "/nowhere").status, 404)
            XCTAssertEqual(try connection.send("HEAD", "/work").status, 405)
            XCTAssertEqual(try connection.send("GET", "/hello").status, 200)
        }
    }

    func testAnUnexpectedErrorIs500AndShowsNothingOfItself() async throws {
        let log = try await standardError {
            try withServer { server in
                let reply = try server.send("POST", "/unexpected", body: "", headers: ["X-Request-Id": "mine"])
                try assertIsError(reply, 500, "internal_error")
                XCTAssertFalse(reply.text.contains("hunter2") || reply.text.contains("Secret"), reply.text)
                XCTAssertEqual(try server.send("GET", "/hello").status, 200, "the server lives on")
            }
        }
        XCTAssertTrue(log.contains("request_id=mine") && log.contains("hunter2"), log)
    }

    func testAnErrorMayBringHeaders() throws {
        try withServer { server in
            let reply = try server.send("POST", "/overloaded", body: "")
            try assertIsError(reply, 503, "overloaded")
            XCTAssertEqual(reply.headers["retry-after"], "1")
        }
    }

    func testAnErrorDoesNotEndTheConnection() throws {
        try withServer { server in
            let connection = try server.connect()
            let statuses = try ["/nowhere", "/hello", "/overloaded", "/admin/delay", "/work"].map {
                try connection.send("POST", $0, body: "{}").status
            }
            XCTAssertEqual(statuses, [404, 405, 503, 400, 200])
        }
    }
}
