import Foundation
import LabTesting
import XCTest

/// What a client of OrderService sees.
final class OrderTests: SystemTestCase {
    func testAnOrderIsAcceptedAndThenReserved() throws {
        try startAfresh()
        let answer = try order("salad", 4)
        XCTAssertEqual(answer.status, 202)
        XCTAssertEqual(answer.text("status"), "placed")
        XCTAssertEqual(answer.text("item"), "salad")
        XCTAssertEqual(answer.number("quantity"), 4)
        XCTAssertEqual(answer.fields.count, 5)
        let id = try XCTUnwrap(answer.text("order_id"))
        try assertAll([id], become: "reserved")
        XCTAssertEqual(try stock("salad"), 96)
        try assertNotified([id])
        try assertConservation()
    }

    func testAnOrderThatCannotBeReservedFails() throws {
        try startAfresh(["STOCK": "burger=3"])
        let good = try accept("burger", 2)
        let tooMany = try accept("burger", 2)
        let unknown = try accept("sushi")
        try assertAll([tooMany, unknown], become: "failed")
        try assertAll([good], become: "reserved")
        XCTAssertEqual(try stock(), 1)
        try assertNotified([good])
    }

    func testStockIsNeverSoldTwice() throws {
        try startAfresh()
        let statuses = try placeAtOnce(300)
        XCTAssertEqual(statuses, Array(repeating: 202, count: 300))
        XCTAssertTrue(try Lab.eventually(within: 60) { try orders("?status=placed").isEmpty })
        XCTAssertEqual(try orders("?status=reserved").count, 100)
        XCTAssertEqual(try orders("?status=failed").count, 200)
        XCTAssertEqual(try stock(), 0)
        try assertConservation()
    }

    func testTheSameKeyIsTheSameOrder() throws {
        try startAfresh()
        let key = ["Idempotency-Key": UUID().uuidString]
        let first = try order(headers: key)
        XCTAssertEqual(first.status, 202)
        let id = try XCTUnwrap(first.text("order_id"))
        try assertAll([id], become: "reserved")
        let second = try order(headers: key)
        XCTAssertEqual(second.status, 202)
        XCTAssertEqual(second.text("order_id"), id)
        XCTAssertEqual(second.text("status"), "reserved", "the answer is what the order is now")
        XCTAssertEqual(second.headers["idempotent-replayed"], "true")
        assertError(try order("burger", 2, headers: key), 422, "idempotency_conflict")
        XCTAssertEqual(try orders().count, 1)
        XCTAssertEqual(try stock(), 99)
    }

    func testBadRequestsAreRefusedAndNothingIsSent() throws {
        try startAfresh()
        for (body, field) in [
            ("", "body"), ("[1]", "body"), (#"{"quantity":1}"#, "item"), (#"{"item":"burger"}"#, "quantity"),
            (#"{"item":"burger","quantity":1.5}"#, "quantity"), (#"{"item":"burger","quantity":1e308}"#, "quantity"),
        ] {
            assertError(try ask(.order, "POST", "/order", body), 400, "bad_request", naming: field)
        }
        XCTAssertEqual(try orders().count, 0)
        let order = try accept()
        try assertAll([order], become: "reserved")
        XCTAssertEqual(try stock(), 99)
    }

    func testOwnFailureIs500AndNoOrder() throws {
        try startAfresh()
        try setFailure(true, .order)
        assertError(try order(), 500, "injected_failure")
        XCTAssertEqual(try orders().count, 0)
    }

    func testAThousandOrdersWaitAtOnce() throws {
        try startAfresh(["STOCK": "1000"])
        try setDelay(1, .order)
        let statuses = try placeAtOnce(1000)
        XCTAssertEqual(statuses.filter { $0 == 202 }.count, 1000)
        try setDelay(0, .order)
        XCTAssertTrue(try Lab.eventually(within: 60) { try orders("?status=reserved").count == 1000 })
        XCTAssertEqual(try stock(), 0)
    }
}
