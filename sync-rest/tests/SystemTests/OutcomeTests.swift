import LabTesting
import XCTest

/// Every row of the table that says what an order comes to, as its client sees it.
final class OutcomeTests: SystemTestCase {
    func testSuccessIsNotified() throws {
        try startAfresh()
        let answer = try order("pizza", 3)
        XCTAssertEqual(answer.status, 201)
        XCTAssertEqual(answer.text("item"), "pizza")
        XCTAssertEqual(answer.number("quantity"), 3)
        XCTAssertEqual(answer.text("status"), "notified")
        let id = try XCTUnwrap(answer.text("order_id"))
        XCTAssertNotNil(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/))
        let timestamp = try XCTUnwrap(answer.fields["timestamp"] as? Double)
        XCTAssertEqual(timestamp, Date().timeIntervalSince1970, accuracy: 600)
        XCTAssertEqual(answer.fields.count, 5)
        XCTAssertEqual(try stock("pizza"), 97)
        let entry = try XCTUnwrap(notifications().first)
        XCTAssertEqual(entry["order_id"] as? String, id)
        XCTAssertEqual(entry["status"] as? String, "reserved")
        XCTAssertEqual(try ask(.order, "GET", "/orders/\(id)").text("status"), "notified")
    }

    func testNotificationThatFailsLeavesTheOrderReserved() throws {
        try startAfresh()
        try setFailure(true, .notification)
        try assertReserved(order())
    }

    func testNotificationThatIsGoneLeavesTheOrderReserved() throws {
        try startAfresh()
        try Lab.run("stop", "notification")
        defer { _ = try? Lab.run("start", "notification") }
        try assertReserved(order())
    }

    func testNotificationThatIsTooSlowLeavesTheOrderReserved() throws {
        try startAfresh(["REQUEST_TIMEOUT": "1"])
        try setDelay(3, .notification)
        try assertReserved(order())
    }

    private func assertReserved(_ answer: Answer, line: UInt = #line) throws {
        XCTAssertEqual(answer.status, 201, line: line)
        XCTAssertEqual(answer.text("status"), "reserved", line: line)
        XCTAssertEqual(try orders("?status=reserved").count, 1, line: line)
        try assertConservation(line: line)
    }

    func testTooLittleStockIs422() throws {
        try startAfresh(["STOCK": "burger=3"])
        XCTAssertEqual(try order("burger", 2).status, 201)
        let answer = try order("burger", 2)
        assertError(answer, 422, "insufficient_stock")
        XCTAssertEqual(answer.text("status"), "failed")
        XCTAssertEqual(answer.number("quantity"), 2)
        XCTAssertEqual(try order("burger", 1).status, 201, "what is left can still be had")
        XCTAssertEqual(try stock(), 0)
        XCTAssertEqual(try notifications().count, 2)
    }

    func testUnknownItemIs422() throws {
        let answer = try order("döner 🥙")
        assertError(answer, 422, "unknown_item")
        XCTAssertEqual(answer.text("status"), "failed")
        XCTAssertEqual(answer.text("item"), "döner 🥙")
    }

    func testInventoryThatIsTooSlowIs504AndWhatItHeldComesBack() throws {
        try startAfresh(["REQUEST_TIMEOUT": "1"])
        try setDelay(3, .inventory)
        let answer = try order("salad", 7)
        assertError(answer, 504, "inventory_timeout")
        XCTAssertEqual(answer.text("status"), "timeout")
        try setDelay(0, .inventory)
        // The reservation that was held back arrives after the release or before it: neither may keep stock.
        XCTAssertTrue(try Lab.eventually { try Lab.run("logs", "order").contains("inventory released the order") })
        try awaitIdleInventory()
        XCTAssertEqual(try stock("salad"), 100)
        XCTAssertEqual(try orders("?status=timeout").count, 1)
        XCTAssertEqual(try notifications().count, 0)
    }

    /// A delayed request that began before this one has ended when this one has.
    private func awaitIdleInventory() throws {
        try setDelay(3, .inventory)
        let id = UUID().uuidString
        _ = try ask(.inventory, "POST", "/release", "{\"order_id\":\"\(id)\"}")
        try setDelay(0, .inventory)
    }

    func testInventoryThatIsGoneIs502() throws {
        try startAfresh()
        try Lab.run("kill", "inventory")
        let answer = try order()
        assertError(answer, 502, "inventory_unreachable")
        XCTAssertEqual(answer.text("status"), "failed")
        try Lab.run("start", "inventory")
        XCTAssertEqual(try order().status, 201, "the service finds it again by itself, on the same port")
        try assertConservation()
    }

    func testInventoryThatIsKilledWhileItWorksIs502() throws {
        try startAfresh()
        try setDelay(30, .inventory)
        let connection = try HTTPConnection(port: LabService.order.port)
        try connection.begin("POST", "/order", body: LabTestCase.body("burger", 1))
        XCTAssertTrue(try Lab.eventually { try orders("?status=placed").count == 1 })
        try Lab.run("kill", "inventory")
        let reply = try connection.reply()
        XCTAssertTrue(reply.text.contains("inventory_unreachable"), reply.text)
        XCTAssertEqual(reply.status, 502)
        try Lab.run("start", "inventory")
        try assertConservation()
    }

    func testInventoryThatHangsIs504AndRecovers() throws {
        try startAfresh(["REQUEST_TIMEOUT": "1"])
        XCTAssertEqual(try order().status, 201)
        try Lab.run("pause", "inventory")
        let answer: Answer
        do {
            defer { _ = try? Lab.run("resume", "inventory") }
            answer = try order("burger", 5)
        }
        assertError(answer, 504, "inventory_timeout")
        XCTAssertTrue(try Lab.eventually { try Lab.run("logs", "order").contains("inventory released the order") })
        XCTAssertEqual(try order().status, 201)
        XCTAssertTrue(try Lab.eventually { try stock() == 98 })
        try assertConservation()
    }

    func testOwnFailureIs500AndNoOrder() throws {
        try startAfresh()
        try setFailure(true, .order)
        assertError(try order(), 500, "injected_failure")
        XCTAssertEqual(try orders().count, 0)
        XCTAssertEqual(try stock(), 100)
    }
}
