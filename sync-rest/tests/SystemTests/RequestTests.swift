import Foundation
import LabTesting
import XCTest

/// What every service does with requests good and bad; on OrderService where it is the same for all.
final class RequestTests: SystemTestCase {
    func testBadBodiesAre400NamingTheField() throws {
        try startAfresh()
        for (body, field) in [
            ("", "body"), ("{", "body"), ("[1,2]", "body"), ("7", "body"), ("null", "body"), ("{\"item\":", "body"),
            (#"{"item":"burger","quantity":1,}"#, "body"), (#"{"quantity":1}"#, "item"),
            (#"{"item":7,"quantity":1}"#, "item"), (#"{"item":"","quantity":1}"#, "item"),
            (#"{"item":"a\u0007","quantity":1}"#, "item"),
            ("{\"item\":\"\(String(repeating: "x", count: 65))\",\"quantity\":1}", "item"),
            (#"{"item":"burger"}"#, "quantity"), (#"{"item":"burger","quantity":"2"}"#, "quantity"),
            (#"{"item":"burger","quantity":0}"#, "quantity"), (#"{"item":"burger","quantity":-1}"#, "quantity"),
            (#"{"item":"burger","quantity":1001}"#, "quantity"), (#"{"item":"burger","quantity":1.5}"#, "quantity"),
            (#"{"item":"burger","quantity":true}"#, "quantity"), (#"{"item":"burger","quantity":null}"#, "quantity"),
            (#"{"item":"burger","quantity":1e308}"#, "quantity"),
            (#"{"item":"burger","quantity":99999999999999999999}"#, "quantity"),
        ] {
            assertError(try ask(.order, "POST", "/order", body), 400, "bad_request", naming: field)
        }
        XCTAssertEqual(try orders().count, 0, "nothing is stored for a refused request")
        XCTAssertEqual(try stock(), 100)
    }

    func testTheContentTypeDoesNotMatter() throws {
        for type in ["application/x-www-form-urlencoded", "text/plain", "application/json; charset=utf-8"] {
            XCTAssertEqual(try order(headers: ["Content-Type": type]).status, 201)
        }
    }

    func testUnknownPathsAndMethods() throws {
        for service in services {
            assertError(try ask(service, "GET", "/nothing"), 404, "not_found")
            assertError(try ask(service, "POST", "/health"), 405, "method_not_allowed")
            assertError(try ask(service, "GET", "/admin/delay"), 405, "method_not_allowed")
        }
        assertError(try ask(.order, "DELETE", "/orders"), 405, "method_not_allowed")
        XCTAssertEqual(try ask(.order, "PUT", "/order", "{}").headers["allow"], "OPTIONS, POST")
    }

    func testMoreThan64KiBIs413() throws {
        let fits = "{\"item\":\"burger\",\"quantity\":1,\"note\":\""
        let padding = 65536 - fits.utf8.count - 2
        let body = fits + String(repeating: "x", count: padding) + "\"}"
        XCTAssertEqual(try ask(.order, "POST", "/order", body).status, 201)
        assertError(try ask(.order, "POST", "/order", body + " "), 413, "payload_too_large")
        assertError(
            try ask(.order, "POST", "/order", String(repeating: "x", count: 5_000_000)), 413, "payload_too_large")
    }

    func testAmbiguousLengthsAre400AndTheConnectionIsClosed() throws {
        let body = LabTestCase.body()
        for headers in [
            "Content-Length: \(body.utf8.count)\r\nContent-Length: 3\r\n",
            "Content-Length: \(body.utf8.count)\r\nTransfer-Encoding: chunked\r\n",
        ] {
            let connection = try HTTPConnection(port: LabService.order.port)
            try connection.write("POST /order HTTP/1.1\r\nHost: x\r\n\(headers)\r\n\(body)")
            let all = String(decoding: try connection.readToEnd(), as: UTF8.self)
            XCTAssertTrue(all.hasPrefix("HTTP/1.1 400"), all)
            XCTAssertEqual(all.components(separatedBy: "HTTP/1.1 ").count, 2, "one answer, then the end: \(all)")
        }
    }

    func testATruncatedRequestHurtsNobody() throws {
        for piece in [
            "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n{\"item\"", "POST /ord", "\u{0}\u{1}",
        ] {
            let connection = try HTTPConnection(port: LabService.order.port)
            try connection.write(piece)
        }
        XCTAssertEqual(try order().status, 201)
    }

    func testARequestIdentifierIsTakenOrMade() throws {
        XCTAssertEqual(try order(headers: ["X-Request-Id": "my-id-7"]).headers["x-request-id"], "my-id-7")
        for bad in [String(repeating: "x", count: 129), "with space", "ü"] {
            let given = try order(headers: ["X-Request-Id": bad]).headers["x-request-id"]
            XCTAssertNotEqual(given, bad)
            XCTAssertFalse(given?.isEmpty ?? true)
        }
        XCTAssertNotEqual(try order().headers["x-request-id"], try order().headers["x-request-id"])
    }

    func testHealthAndReadiness() throws {
        for service in services {
            let health = try ask(service, "GET", "/health")
            XCTAssertEqual(health.status, 200)
            XCTAssertEqual(health.text("status"), "ok")
            XCTAssertEqual(health.text("service"), service.rawValue)
            XCTAssertEqual(try ask(service, "GET", "/ready").text("status"), "ready")
        }
    }

    func testListsAreNarrowed() throws {
        try startAfresh()
        let ids = try (1...4).map { try XCTUnwrap(try order("burger", $0).text("order_id")) }
        assertError(try order("sushi"), 422, "unknown_item")
        XCTAssertEqual(try orders().count, 5)
        XCTAssertEqual(try orders().prefix(4).map { $0["order_id"] as? String }, ids, "oldest first")
        XCTAssertEqual(try orders("?limit=2").map { $0["item"] as? String }, ["burger", "sushi"], "the newest two")
        XCTAssertEqual(try orders("?status=notified&limit=1").map { $0["order_id"] as? String }, [ids[3]])
        XCTAssertEqual(try orders("?order_id=\(ids[1].uppercased())").map { $0["quantity"] as? Int }, [2])
        XCTAssertEqual(try orders("?order_id=\(UUID().uuidString)").count, 0)
        for query in ["?status=lost", "?limit=-1", "?limit=x", "?limit=0", "?order_id=7", "?limit=1&limit=2"] {
            assertError(try ask(.order, "GET", "/orders" + query), 400, "bad_request")
        }
        XCTAssertEqual(try ask(.order, "GET", "/orders/\(ids[0])").number("quantity"), 1)
        assertError(try ask(.order, "GET", "/orders/\(UUID().uuidString)"), 404, "not_found")
        assertError(try ask(.order, "GET", "/orders/x"), 404, "not_found")
    }
}
