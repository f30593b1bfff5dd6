import Foundation
import LabTesting
import XCTest

/// InventoryService's own interface.
final class InventoryTests: SystemTestCase {
    private func reserve(_ id: String, _ item: String = "burger", _ quantity: Int = 1) throws -> Answer {
        try ask(
            .inventory, "POST", "/reserve", "{\"order_id\":\"\(id)\",\"item\":\"\(item)\",\"quantity\":\(quantity)}")
    }

    private func release(_ id: String) throws -> Answer {
        try ask(.inventory, "POST", "/release", "{\"order_id\":\"\(id)\"}")
    }

    private func newID() -> String { UUID().uuidString.lowercased() }

    func testReserveTakesStockOnce() throws {
        try startAfresh()
        let id = newID()
        let first = try reserve(id, "burger", 40)
        XCTAssertEqual(first.status, 200)
        XCTAssertEqual(first.text("order_id"), id)
        XCTAssertEqual(first.text("item"), "burger")
        XCTAssertEqual(first.number("quantity"), 40)
        XCTAssertEqual(first.text("status"), "reserved")
        XCTAssertEqual(first.number("remaining"), 60)
        let again = try reserve(id.uppercased(), "burger", 40)
        XCTAssertEqual(again.body, first.body)
        XCTAssertEqual(try stock(), 60)
    }

    func testReserveRefuses() throws {
        try startAfresh()
        let id = newID()
        assertError(try reserve(id, "burger", 101), 409, "insufficient_stock")
        assertError(try reserve(id, "burger", 101), 409, "insufficient_stock")
        assertError(try reserve(newID(), "sushi"), 404, "unknown_item")
        XCTAssertEqual(try reserve(newID(), "burger", 100).status, 200)
        assertError(try reserve(newID()), 409, "insufficient_stock")
        XCTAssertEqual(try stock(), 0)
    }

    func testSameOrderWithAnotherRequestIsAMismatch() throws {
        let id = newID()
        XCTAssertEqual(try reserve(id).status, 200)
        assertError(try reserve(id, "burger", 2), 422, "order_mismatch")
        assertError(try reserve(id, "pizza", 1), 422, "order_mismatch")
    }

    func testReleaseGivesBackOnce() throws {
        try startAfresh()
        let id = newID()
        XCTAssertEqual(try reserve(id, "pizza", 5).status, 200)
        let first = try release(id)
        XCTAssertEqual(first.status, 200)
        XCTAssertEqual(first.text("order_id"), id)
        XCTAssertEqual(first.number("released"), 5)
        XCTAssertEqual(try release(id).number("released"), 0)
        XCTAssertEqual(try stock("pizza"), 100)
        assertError(try reserve(id, "pizza", 5), 409, "released")
    }

    func testReleaseBeforeReserveRefusesIt() throws {
        let id = newID()
        XCTAssertEqual(try release(id).number("released"), 0)
        assertError(try reserve(id), 409, "released")
    }

    func testFieldsAreChecked() throws {
        for (path, body, field) in [
            ("/reserve", #"{"item":"burger","quantity":1}"#, "order_id"),
            ("/reserve", #"{"order_id":"1","item":"burger","quantity":1}"#, "order_id"),
            ("/reserve", "{\"order_id\":\"\(newID())\",\"item\":\"\",\"quantity\":1}", "item"),
            ("/reserve", "{\"order_id\":\"\(newID())\",\"item\":\"burger\",\"quantity\":1e308}", "quantity"),
            ("/release", #"{"order_id":7}"#, "order_id"),
        ] {
            assertError(try ask(.inventory, "POST", path, body), 400, "bad_request", naming: field)
        }
    }

    func testStockOfItemsThatTheStartNamed() throws {
        try startAfresh(["STOCK": "burger=5,sushi=7"])
        let stock = try ask(.inventory, "GET", "/stock").fields as? [String: Int]
        XCTAssertEqual(stock, ["burger": 5, "pizza": 100, "salad": 100, "sushi": 7])
        XCTAssertEqual(try order("sushi", 7).status, 201)
    }
}
