import CampusModel
import LabTesting
import ServiceKit
import WorkflowHTTP
import XCTest

@testable import InventoryService

final class InventoryRoutesTests: XCTestCase {
    private let id = "01234567-89ab-4def-8123-456789abcdef"
    private let stock = ["burger": 100, "pizza": 7, "salad": 0, "\"odd\"": 1]

    private func service(_ faults: Faults = Faults()) throws -> RunningService {
        let stock = stock
        let service = try RunningService(faults: faults) {
            InventoryRoutes(stock: InitialStock(stock), log: .quiet).router($0, Readiness())
        }
        addTeardownBlock { try service.stop() }
        return service
    }

    private func reservation(_ id: String, _ item: String = "burger", _ quantity: Int = 2) -> String {
        #"{"order_id":"\#(id)","item":"\#(item)","quantity":\#(quantity)}"#
    }

    // MARK: /reserve

    func testReserveAnswersWithTheReservationAndWhatRemains() throws {
        let reply = try service().post("/reserve", reservation(id))
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(reply.headers["content-type"], "application/json")
        XCTAssertEqual(
            try reply.json(),
            ["order_id": .string(id), "item": "burger", "quantity": 2, "status": "reserved", "remaining": 98])
    }

    func testTheSameReservationAgainIsAnsweredAlikeInEitherCaseOfTheID() throws {
        let service = try service()
        let first = try service.post("/reserve", reservation(id))
        let second = try service.post("/reserve", reservation(id.uppercased()))
        XCTAssertEqual(second.status, 200)
        XCTAssertEqual(second.text, first.text, "the ID is written in lower case")
        XCTAssertEqual(try service.send("GET", "/stock").json()["burger"], 98)
    }

    func testTooFewInStockIsA409() throws {
        let service = try service()
        try assertError(service.post("/reserve", reservation(id, "pizza", 8)), 409, "insufficient_stock")
        XCTAssertEqual(try service.send("GET", "/stock").json()["pizza"], 7)
    }

    func testAnUnknownItemIsA404() throws {
        try assertError(service().post("/reserve", reservation(id, "sushi")), 404, "unknown_item")
    }

    func testAnotherQuantityOrItemIsA422() throws {
        let service = try service()
        _ = try service.post("/reserve", reservation(id))
        try assertError(service.post("/reserve", reservation(id, "burger", 3)), 422, "order_mismatch")
        try assertError(service.post("/reserve", reservation(id, "pizza", 2)), 422, "order_mismatch")
        XCTAssertEqual(try service.send("GET", "/stock").json()["burger"], 98)
    }

    func testAReleasedOrderIsA409() throws {
        let service = try service()
        _ = try service.post("/release", #"{"order_id":"\#(id)"}"#)
        try assertError(service.post("/reserve", reservation(id)), 409, "released")
    }

    func testABadFieldOfReserveIsA400ThatNamesIt() throws {
        let service = try service()
        let cases = [
            (#"{"item":"burger","quantity":2}"#, "order_id"),
            (#"{"order_id":7,"item":"burger","quantity":2}"#, "order_id"),
            (#"{"order_id":"01234567","item":"burger","quantity":2}"#, "order_id"),
            (#"{"order_id":"\#(id)","quantity":2}"#, "item"),
            (reservation(id, ""), "item"),
            (reservation(id, String(repeating: "x", count: 65)), "item"),
            (reservation(id, "a\\nb"), "item"),
            (#"{"order_id":"\#(id)","item":null,"quantity":2}"#, "item"),
            (#"{"order_id":"\#(id)","item":"burger"}"#, "quantity"),
            (reservation(id, "burger", 0), "quantity"),
            (reservation(id, "burger", -1), "quantity"),
            (reservation(id, "burger", 1001), "quantity"),
            (#"{"order_id":"\#(id)","item":"burger","quantity":"2"}"#, "quantity"),
            (#"{"order_id":"\#(id)","item":"burger","quantity":1.5}"#, "quantity"),
            (#"{"order_id":"\#(id)","item":"burger","quantity":true}"#, "quantity"),
            (#"{"order_id":"\#(id)","item":"burger","quantity":1e308}"#, "quantity"),
        ]
        for (body, field) in cases {
            try assertBadRequest(service.post("/reserve", body), naming: field, body)
        }
        XCTAssertEqual(try service.send("GET", "/stock").json()["burger"], 100, "nothing is stored")
        XCTAssertEqual(try service.post("/reserve", reservation(id)).status, 200, "the ID is not used up")
    }

    // MARK: /release

    func testReleaseAnswersWithWhatWentBack() throws {
        let service = try service()
        _ = try service.post("/reserve", reservation(id))
        let first = try service.post("/release", #"{"order_id":"\#(id.uppercased())"}"#)
        XCTAssertEqual(first.status, 200)
        XCTAssertEqual(try first.json(), ["order_id": .string(id), "released": 2])
        XCTAssertEqual(try service.send("GET", "/stock").json()["burger"], 100)
        let second = try service.post("/release", #"{"order_id":"\#(id)"}"#)
        XCTAssertEqual(second.status, 200)
        XCTAssertEqual(try second.json(), ["order_id": .string(id), "released": 0])
    }

    func testABadFieldOfReleaseIsA400ThatNamesIt() throws {
        let service = try service()
        for body in ["{}", #"{"order_id":null}"#, #"{"order_id":"x"}"#, #"{"order_id":"\#(id)-"}"#] {
            try assertBadRequest(service.post("/release", body), naming: "order_id", body)
        }
    }

    // MARK: /stock and the rest

    func testStockNamesEveryItem() throws {
        let reply = try service().send("GET", "/stock")
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(try reply.json(), ["burger": 100, "pizza": 7, "salad": 0, "\"odd\"": 1])
        XCTAssertTrue(reply.text.hasPrefix(#"{"burger":100,"pizza":7,"salad":0,"#), "the menu comes first")
    }

    func testNoJSONIsA400() throws {
        let service = try service()
        for path in ["/reserve", "/release"] {
            for body in ["", "[]", "burger", #"{"order_id":"#] {
                try assertBadRequest(service.post(path, body), naming: "the body", body)
            }
        }
    }

    func testUnknownPathsAndMethodsAreRefused() throws {
        let service = try service()
        try assertError(service.post("/order", "{}"), 404, "not_found")
        for (method, path, allowed) in [
            ("GET", "/reserve", "OPTIONS, POST"), ("PUT", "/release", "OPTIONS, POST"),
            ("POST", "/stock", "GET, HEAD, OPTIONS"),
        ] {
            let reply = try service.send(method, path, "{}")
            try assertError(reply, 405, "method_not_allowed")
            XCTAssertEqual(reply.headers["allow"], allowed, path)
        }
    }

    func testABodyOver64KiBIsA413() throws {
        let service = try service()
        let padding = String(repeating: " ", count: 65536)
        for path in ["/reserve", "/release"] {
            try assertError(service.post(path, "{}" + padding), 413, "payload_too_large")
        }
        let body = reservation(id)
        let longest = body + padding.prefix(65536 - body.utf8.count)
        XCTAssertEqual(try service.post("/reserve", longest).status, 200)
    }

    func testInjectedFailureStopsWorkAndNothingElse() throws {
        let service = try service(Faults(fails: true))
        try assertError(service.post("/reserve", reservation(id)), 500, "injected_failure")
        try assertError(service.post("/release", #"{"order_id":"\#(id)"}"#), 500, "injected_failure")
        XCTAssertEqual(try service.send("GET", "/stock").json()["burger"], 100)
        service.faults.fails = false
        XCTAssertEqual(try service.post("/reserve", reservation(id)).status, 200, "the failed release did nothing")
    }

    func testInjectedDelayHoldsBackReserve() throws {
        let service = try service(Faults(delaySeconds: 0.2))
        let start = ContinuousClock.now
        XCTAssertEqual(try service.post("/reserve", reservation(id)).status, 200)
        XCTAssertGreaterThanOrEqual(ContinuousClock.now - start, .seconds(0.2))
    }
}
