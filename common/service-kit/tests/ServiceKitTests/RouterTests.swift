import Foundation
import ServiceKitTesting
import StrictJSON
import XCTest

@testable import ServiceKit

final class RouterTests: XCTestCase {
    /// An error that no handler should let out, with what no client may see.
    private struct Secret: Error, CustomStringConvertible {
        let description = "password hunter2 at 10.0.0.7\nforged"
    }

    /// An error of what a service is for, which says itself what a client sees.
    private struct NothingLeft: HTTPErrorConvertible {
        let httpError = HTTPError(422, HTTPError.Code(rawValue: "nothing_left"), "none left") { $0.field("left", 0) }
    }

    private let router: Router = {
        var router = Router()
        func answer(_ name: String) -> HTTPHandler {
            { request in
                .object {
                    $0.field("handler", name)
                    $0.field("parameter", request.parameter)
                }
            }
        }
        router.get("/orders", answer("list"))
        router.post("/orders", answer("make"))
        router.post("/orders/bulk", answer("bulk"))
        router.get("/orders/{order_id}", answer("one"))
        router.post("/orders/{order_id}", answer("change"))
        router.get("/fails/http") { _ in throw HTTPError(409, .overloaded, "busy") { $0.field("left", 2) } }
        router.get("/fails/own") { _ in throw NothingLeft() }
        router.post("/fails/field") { request in
            let seconds = try request.json().number("seconds", in: 0...60)
            return .object { $0.field("seconds", seconds) }
        }
        router.get("/fails/unexpected") { _ in throw Secret() }
        return router
    }()

    private func answer(_ method: String, _ path: String, body: String = "") async -> HTTPResponse {
        await router.respond(to: .made(method, path, body: body), log: quiet)
    }

    private func assertRoutes(
        _ method: String, _ path: String, to handler: String, parameter: String = "", line: UInt = #line
    ) async throws {
        let response = await answer(method, path)
        XCTAssertEqual(try json(response.text), ["handler": handler, "parameter": parameter], line: line)
    }

    /// The reply has the contract's error body and nothing else.
    private func assertFails(
        _ method: String, _ path: String, body: String = "", with status: Int, _ code: String, line: UInt = #line
    ) async throws -> HTTPResponse {
        let response = await answer(method, path, body: body)
        let fields = try json(response.text)
        XCTAssertEqual(response.status, status, line: line)
        XCTAssertEqual(response.contentType, "application/json", line: line)
        XCTAssertEqual(fields["error"] as? String, code, line: line)
        XCTAssertFalse((fields["detail"] as? String ?? "").isEmpty, line: line)
        return response
    }

    func testMethodAndPathFindTheHandler() async throws {
        try await assertRoutes("GET", "/orders", to: "list")
        try await assertRoutes("POST", "/orders", to: "make")
        try await assertRoutes("POST", "/orders/bulk", to: "bulk")
    }

    func testHeadIsAnsweredLikeGet() async throws {
        try await assertRoutes("HEAD", "/orders", to: "list")
        try await assertRoutes("HEAD", "/orders/7", to: "one", parameter: "7")
    }

    func testTheLastSegmentMayBeAParameter() async throws {
        try await assertRoutes("GET", "/orders/7", to: "one", parameter: "7")
        try await assertRoutes("POST", "/orders/a b%", to: "change", parameter: "a b%")
    }

    func testAnUnknownPathIsNotFound() async throws {
        for path in ["", "/", "/order", "/orders/", "/orders/1/2", "/Orders", "/orders?x", "orders", "//orders", "*"] {
            for method in ["GET", "POST", "HEAD", "BREW"] {
                let response = try await assertFails(method, path, with: 404, "not_found")
                XCTAssertEqual(try json(response.text).count, 2)
                XCTAssertEqual(response.headers.count, 0)
            }
        }
    }

    func testAnotherMethodOfAKnownPathSaysWhichAreAllowed() async throws {
        for (method, path, allow) in [
            ("DELETE", "/orders", "GET, HEAD, OPTIONS, POST"), ("get", "/orders", "GET, HEAD, OPTIONS, POST"),
            ("GET", "/orders/bulk", "OPTIONS, POST"), ("HEAD", "/orders/bulk", "OPTIONS, POST"),
            ("PUT", "/orders/7", "GET, HEAD, OPTIONS, POST"), ("POST", "/fails/http", "GET, HEAD, OPTIONS"),
            ("options", "/fails/http", "GET, HEAD, OPTIONS"),
        ] {
            let response = try await assertFails(method, path, with: 405, "method_not_allowed")
            XCTAssertEqual(response.headers.map(\.name), ["Allow"], path)
            XCTAssertEqual(response.headers.map(\.value), [allow], path)
        }
    }

    func testOptionsTellsWhatAKnownPathTakes() async throws {
        for (path, allow) in [
            ("/orders", "GET, HEAD, OPTIONS, POST"), ("/orders/bulk", "OPTIONS, POST"),
            ("/orders/7", "GET, HEAD, OPTIONS, POST"), ("/fails/http", "GET, HEAD, OPTIONS"),
        ] {
            let response = await answer("OPTIONS", path)
            XCTAssertEqual(response.status, 204)
            XCTAssertEqual(response.body, [])
            XCTAssertEqual(response.headers.map(\.name), ["Allow"], path)
            XCTAssertEqual(response.headers.map(\.value), [allow], path)
        }
        _ = try await assertFails("OPTIONS", "/nowhere", with: 404, "not_found")
    }

    func testAnErrorShowsItsOwnFieldsToo() async throws {
        let response = try await assertFails("GET", "/fails/http", with: 409, "overloaded")
        XCTAssertEqual(try json(response.text), ["error": "overloaded", "detail": "busy", "left": 2])
    }

    func testAnErrorOfWhatTheServiceIsForSaysWhatAClientSees() async throws {
        let response = try await assertFails("GET", "/fails/own", with: 422, "nothing_left")
        XCTAssertEqual(try json(response.text), ["error": "nothing_left", "detail": "none left", "left": 0])
    }

    func testABadFieldIsNamed() async throws {
        for body in ["{}", #"{"seconds":61}"#, #"{"seconds":"1"}"#, #"{"seconds":1,"seconds":1}"#] {
            let response = try await assertFails("POST", "/fails/field", body: body, with: 400, "bad_request")
            XCTAssertTrue(response.text.contains("seconds"), response.text)
        }
    }

    func testABodyThatIsNoObjectIsRefused() async throws {
        for body in ["", "[]", "{", "seconds=1", "null", "{\"seconds\":1}x"] {
            let response = try await assertFails("POST", "/fails/field", body: body, with: 400, "bad_request")
            XCTAssertTrue(response.text.contains("body"), response.text)
        }
    }

    func testAnUnexpectedErrorIs500AndItsTextStaysInTheLog() async throws {
        let log = try await standardError {
            let response = try await assertFails("GET", "/fails/unexpected", with: 500, "internal_error")
            for secret in ["hunter2", "10.0.0.7", "Secret", "swift"] {
                XCTAssertFalse(response.text.contains(secret), response.text)
            }
        }
        XCTAssertEqual(log.split(separator: "\n").count, 1, log)
        let line =
            #" ERROR test a request failed unexpectedly error="password hunter2 at 10.0.0.7\nforged" request_id=made"#
        XCTAssertTrue(log.hasSuffix(line + "\n"), log)
    }
}
