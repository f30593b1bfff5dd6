import CampusModel
import LabTesting
import ServiceKit
import XCTest

@testable import NotificationService

final class NotificationRoutesTests: XCTestCase {
    private let id = "01234567-89ab-4def-8123-456789abcdef"

    private func service(_ faults: Faults = Faults()) throws -> RunningService {
        let service = try RunningService(faults: faults) { NotificationRoutes(log: .quiet).router($0, Readiness()) }
        addTeardownBlock { try service.stop() }
        return service
    }

    private func message(_ id: String, status: String = "reserved", item: String = "burger") -> String {
        #"{"order_id":"\#(id)","status":"\#(status)","item":"\#(item)"}"#
    }

    func testSendAnswersWithTheEntry() throws {
        let before = Order.now()
        let reply = try service().post("/send", message(id.uppercased()))
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(reply.headers["content-type"], "application/json")
        let json = try reply.json()
        XCTAssertEqual(json.names, ["order_id", "status", "item", "timestamp"])
        XCTAssertEqual(json["order_id"]?.text, id)
        XCTAssertEqual(json["status"], "reserved")
        XCTAssertEqual(json["item"], "burger")
        XCTAssertGreaterThanOrEqual(json["timestamp"]?.double ?? 0, before)
    }

    func testTheSameOrderAndStatusTwiceIsOneEntryWithTheFirstTime() throws {
        let service = try service()
        let first = try service.post("/send", message(id))
        let second = try service.post("/send", message(id))
        XCTAssertEqual(second.status, 200)
        XCTAssertEqual(second.text, first.text)
        XCTAssertEqual(try service.send("GET", "/notifications").json(), .array([try first.json()]))
    }

    func testNotificationsAreListedOldestFirst() throws {
        let service = try service()
        XCTAssertEqual(try service.send("GET", "/notifications").text, "[]")
        let sent = try (0..<20).map { number in
            try service.post("/send", message("\(OrderID.random())", item: "item \(number) \\\"x\\\"")).json()
        }
        let reply = try service.send("GET", "/notifications")
        XCTAssertEqual(reply.status, 200)
        XCTAssertEqual(try reply.json(), .array(sent))
    }

    func testEachStatusOfAnOrderIsTaken() throws {
        let service = try service()
        for status in OrderStatus.allCases {
            let reply = try service.post("/send", message(id, status: status.rawValue))
            XCTAssertEqual(try reply.json()["status"]?.text, status.rawValue)
        }
        let listed = try service.send("GET", "/notifications").json().elements
        XCTAssertEqual(listed?.compactMap { $0["status"]?.text }, OrderStatus.allCases.map(\.rawValue))
    }

    func testABadFieldIsA400ThatNamesIt() throws {
        let service = try service()
        let cases = [
            (#"{"status":"reserved","item":"burger"}"#, "order_id"),
            (message("01234567"), "order_id"),
            (#"{"order_id":true,"status":"reserved","item":"burger"}"#, "order_id"),
            (#"{"order_id":"\#(id)","item":"burger"}"#, "status"),
            (message(id, status: "lost"), "status"),
            (message(id, status: "Reserved"), "status"),
            (#"{"order_id":"\#(id)","status":1,"item":"burger"}"#, "status"),
            (#"{"order_id":"\#(id)","status":"reserved"}"#, "item"),
            (message(id, item: ""), "item"),
            (message(id, item: String(repeating: "x", count: 65)), "item"),
            (message(id, item: "a\\u0000"), "item"),
            (#"{"order_id":"\#(id)","status":"reserved","item":["burger"]}"#, "item"),
        ]
        for (body, field) in cases { try assertBadRequest(service.post("/send", body), naming: field, body) }
        for body in ["", "null", "{"] { try assertBadRequest(service.post("/send", body), naming: "the body", body) }
        XCTAssertEqual(try service.send("GET", "/notifications").text, "[]", "nothing is stored")
    }

    func testUnknownPathsAndMethodsAreRefused() throws {
        let service = try service()
        try assertError(service.send("GET", "/stock"), 404, "not_found")
        try assertError(service.send("GET", "/notifications/"), 404, "not_found")
        try assertError(service.send("GET", "/send"), 405, "method_not_allowed")
        try assertError(service.post("/notifications", "{}"), 405, "method_not_allowed")
    }

    func testABodyOver64KiBIsA413() throws {
        let body = message(id) + String(repeating: " ", count: 65536)
        try assertError(service().post("/send", body), 413, "payload_too_large")
    }

    func testInjectedFailureStopsSendAndNothingElse() throws {
        let service = try service(Faults(fails: true))
        try assertError(service.post("/send", message(id)), 500, "injected_failure")
        XCTAssertEqual(try service.send("GET", "/notifications").text, "[]")
        service.faults.fails = false
        XCTAssertEqual(try service.post("/send", message(id)).status, 200)
    }

    func testInjectedDelayHoldsBackSend() throws {
        let service = try service(Faults(delaySeconds: 0.2))
        let start = ContinuousClock.now
        XCTAssertEqual(try service.post("/send", message(id)).status, 200)
        XCTAssertGreaterThanOrEqual(ContinuousClock.now - start, .seconds(0.2))
    }
}
