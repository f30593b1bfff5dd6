import CampusModel
import LabTesting
import ServiceKit
import XCTest

/// OrderService's requests and lists, apart from what becomes of an order.
final class OrderRoutesTests: XCTestCase {
    // MARK: Requests

    func testABadFieldIsA400ThatNamesItAndNothingIsStoredOrSent() throws {
        let lab = try orderService()
        for (body, field) in [
            (#"{"quantity":1}"#, "item"), (#"{"item":null,"quantity":1}"#, "item"),
            (#"{"item":7,"quantity":1}"#, "item"), (#"{"item":"","quantity":1}"#, "item"),
            (#"{"item":"a\u0000","quantity":1}"#, "item"), (#"{"item":"a\nb","quantity":1}"#, "item"),
            (#"{"item":"\#(String(repeating: "x", count: 65))","quantity":1}"#, "item"),
            (#"{"item":"burger","item":"pizza","quantity":1}"#, "item"),
            (#"{"item":"burger"}"#, "quantity"), (#"{"item":"burger","quantity":"2"}"#, "quantity"),
            (#"{"item":"burger","quantity":true}"#, "quantity"), (#"{"item":"burger","quantity":null}"#, "quantity"),
            (#"{"item":"burger","quantity":1.5}"#, "quantity"), (#"{"item":"burger","quantity":0}"#, "quantity"),
            (#"{"item":"burger","quantity":-1}"#, "quantity"), (#"{"item":"burger","quantity":1001}"#, "quantity"),
            (#"{"item":"burger","quantity":1e308}"#, "quantity"), (#"{"item":"burger","quantity":-1e308}"#, "quantity"),
            (#"{"item":"burger","quantity":99999999999999999999}"#, "quantity"), ("{}", "item"),
            ("", "the body"), ("[]", "the body"), ("null", "the body"),
            (#"{"item":"burger","quantity":1,}"#, "the body"),
        ] {
            try assertBadRequest(lab.service.post("/order", body), naming: field, body)
        }
        XCTAssertEqual(try lab.get("/orders"), [])
        XCTAssertEqual(lab.inventory.requests.count, 0)
    }

    func testTheLimitsOfItemAndQuantityAreValid() throws {
        let lab = try orderService()
        let longest = String(repeating: "ü", count: 64)
        for (text, quantity) in [("1", 1), ("1000", 1000), ("1e3", 1000), ("2.0", 2)] {
            let reply = try lab.service.post("/order", #"{"item":"\#(longest)","quantity":\#(text),"more":[{}]}"#)
            try assertPlaced(reply, status: "notified", item: longest, quantity: quantity)
        }
        XCTAssertEqual(lab.inventory.requests.compactMap { try? JSONValue($0.body)["item"]?.text }.count, 4)
    }

    func testAnItemNameReachesInventoryAsItIs() throws {
        let lab = try orderService()
        let reply = try lab.service.post("/order", #"{"item":"\"\\\u00e9/🍕","quantity":1}"#)
        try assertPlaced(reply, status: "notified", item: "\"\\é/🍕", quantity: 1)
        XCTAssertEqual(try JSONValue(lab.inventory.requests[0].body)["item"], "\"\\é/🍕")
        XCTAssertEqual(try JSONValue(lab.notification.requests[0].body)["item"], "\"\\é/🍕")
    }

    func testABodyOver64KiBIsA413() throws {
        let lab = try orderService()
        let body = #"{"item":"burger","quantity":1}"# + String(repeating: " ", count: 65536)
        try assertError(lab.service.post("/order", body), 413, "payload_too_large")
        XCTAssertEqual(try lab.get("/orders"), [])
    }

    func testUnknownPathsAndMethodsAreRefused() throws {
        let lab = try orderService()
        try assertError(lab.service.send("GET", "/"), 404, "not_found")
        try assertError(lab.service.post("/orders/x/y", "{}"), 404, "not_found")
        for (method, path, allowed) in [
            ("GET", "/order", "OPTIONS, POST"), ("DELETE", "/orders", "GET, HEAD, OPTIONS"),
        ] {
            let reply = try lab.service.send(method, path)
            try assertError(reply, 405, "method_not_allowed")
            XCTAssertEqual(reply.headers["allow"], allowed)
        }
    }

    // MARK: X-Request-Id

    func testTheRequestIDIsReturnedAndPassedOnToBothServices() throws {
        let lab = try orderService()
        let id = "req/" + String(repeating: "x", count: 124)
        XCTAssertEqual(try lab.place(headers: ["X-Request-Id": id]).headers["x-request-id"], id)
        XCTAssertEqual(lab.inventory.requests.map { $0.headers["x-request-id"] }, [id])
        XCTAssertEqual(lab.notification.requests.map { $0.headers["x-request-id"] }, [id])
    }

    func testAnUnusableRequestIDIsReplacedEverywhereByTheSameOne() throws {
        let lab = try orderService()
        for headers in [[:], ["X-Request-Id": "a b"], ["X-Request-Id": String(repeating: "x", count: 129)]] {
            let id = try XCTUnwrap(try lab.place(headers: headers).headers["x-request-id"])
            XCTAssertNotNil(OrderID(id), "one is made: \(id)")
            XCTAssertEqual(lab.inventory.requests.last?.headers["x-request-id"], id)
            XCTAssertEqual(lab.notification.requests.last?.headers["x-request-id"], id)
        }
    }

    // MARK: traceparent, tracestate

    func testTheTraceGoesOnToBothServicesWithSpansOfTheirOwn() throws {
        let lab = try orderService()
        let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
        _ = try lab.place(headers: ["traceparent": "00-\(trace)-\(span)-01", "tracestate": "a=1"])
        let sent = (lab.inventory.requests + lab.notification.requests).map(\.headers)
        let spans = try sent.map { headers in
            let parts = try XCTUnwrap(headers["traceparent"]).split(separator: "-")
            XCTAssertEqual(parts.count, 4)
            XCTAssertEqual(String(parts[1]), trace)
            XCTAssertEqual(headers["tracestate"], "a=1")
            return String(parts[2])
        }
        XCTAssertEqual(Set(spans + [span]).count, 3, "each hop has its own span: \(spans)")
    }

    func testAnOrderWithoutAUsableTraceBeginsOne() throws {
        let lab = try orderService()
        for headers in [[:], ["traceparent": "00-0-0-01", "tracestate": "a=1"]] {
            _ = try lab.place(headers: headers)
            let sent = try [lab.inventory, lab.notification].map { try XCTUnwrap($0.requests.last).headers }
            let traces = sent.map { $0["traceparent"]?.dropFirst(3).prefix(32) }
            XCTAssertEqual(traces[0]?.count, 32)
            XCTAssertEqual(traces[0], traces[1], "both calls are of one trace")
            XCTAssertNil(sent[0]["tracestate"])
        }
    }

    // MARK: Lists

    func testOrdersAreListedOldestFirstAndNarrowedDown() throws {
        let lab = try orderService(inventory: {
            $0.body.contains("sushi") ? .reply(404, #"{"error":"unknown_item"}"#) : .reply()
        })
        for item in ["burger", "sushi", "pizza", "sushi", "salad"] { _ = try lab.place(item) }
        func items(_ query: String) throws -> [String?]? {
            try lab.get("/orders" + query).elements?.map { $0["item"]?.text }
        }
        XCTAssertEqual(try items(""), ["burger", "sushi", "pizza", "sushi", "salad"])
        XCTAssertEqual(try items("?status=failed"), ["sushi", "sushi"])
        XCTAssertEqual(try items("?status=notified&limit=2"), ["pizza", "salad"])
        XCTAssertEqual(try items("?limit=1"), ["salad"])
        XCTAssertEqual(try items("?status=timeout"), [])
        let pizza = try XCTUnwrap(lab.get("/orders").elements?[2])
        XCTAssertEqual(pizza.names, orderFields)
        let id = try XCTUnwrap(pizza["order_id"]?.text)
        XCTAssertEqual(try lab.get("/orders?order_id=\(id.uppercased())"), [pizza])
        XCTAssertEqual(try lab.get("/orders/\(id)"), pizza)
    }

    func testAListParameterThatMakesNoSenseIsA400ThatNamesIt() throws {
        let lab = try orderService()
        for (query, name) in [
            ("status=lost", "status"), ("limit=0", "limit"), ("limit=x", "limit"), ("order_id=7", "order_id"),
        ] {
            try assertBadRequest(lab.service.send("GET", "/orders?" + query), naming: name, query)
        }
    }

    func testAnUnknownOrderIsA404() throws {
        let lab = try orderService()
        try assertError(lab.service.send("GET", "/orders/\(OrderID.random())"), 404, "not_found")
        try assertError(lab.service.send("GET", "/orders/burger"), 404, "not_found")
    }

    // MARK: Many orders, and the log

    func testASlowInventoryDoesNotLimitHowManyOrdersWait() throws {
        let lab = try orderService(inventory: { _ in .hold })
        let clients = try (0..<500).map { _ in try lab.begin() }
        XCTAssertTrue(lab.inventory.holds(500), "all must be waiting at the same time")
        XCTAssertEqual(try lab.get("/orders?status=placed").elements?.count, 500, "and it answers others meanwhile")
        lab.inventory.answerHeld(.reply())
        for client in clients { try assertPlaced(client.reply(), status: "notified") }
    }

    func testAtInfoAnOrderThatGoesWellLogsNothingAndAFailedOneItsID() throws {
        let lab = try orderService(
            log: Logger(service: "order", level: .info),
            inventory: { $0.body.contains("sushi") ? .reply(404, "{}") : .reply() })
        XCTAssertEqual(try standardError { try assertPlaced(lab.place(), status: "notified") }, "")
        var id = ""
        let line = try standardError { id = try lab.place("sushi").json()["order_id"]?.text ?? "no ID" }
        XCTAssertTrue(line.contains("order_id=\(id)"), line)
        XCTAssertTrue(line.contains("error=inventory_error"), line)
    }
}
