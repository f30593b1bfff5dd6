import CampusModel
import LabTesting
import ServiceKit
import XCTest

/// The table of the contract's section 3: what happens, what is answered, what becomes of the order.
final class OrderOutcomeTests: XCTestCase {
    // MARK: Both calls succeed

    func testAnOrderIsReservedThenNotifiedAndAnsweredWith201() throws {
        let lab = try orderService()
        let before = Order.now()
        let order = try assertPlaced(lab.place("pizza", 3), status: "notified", item: "pizza", quantity: 3)
        let id = try XCTUnwrap(order["order_id"])
        XCTAssertNotNil(id.text?.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/))
        let timestamp = try XCTUnwrap(order["timestamp"]?.double)
        XCTAssertTrue((before...Order.now()).contains(timestamp))

        XCTAssertEqual(lab.inventory.requests.map(\.path), ["/reserve"])
        let reserve = try JSONValue(lab.inventory.requests[0].body)
        XCTAssertEqual(reserve, ["order_id": id, "item": "pizza", "quantity": 3])
        XCTAssertEqual(lab.notification.requests.map(\.path), ["/send"])
        let send = try JSONValue(lab.notification.requests[0].body)
        XCTAssertEqual(send, ["order_id": id, "status": "reserved", "item": "pizza"])
        XCTAssertEqual(try lab.get("/orders/\(id.text!)"), order)
    }

    func testInventoryIsAskedAndAnswersBeforeNotificationHears() throws {
        let lab = try orderService(inventory: { _ in .hold })
        let client = try lab.begin()
        XCTAssertTrue(lab.inventory.holds(1))
        XCTAssertEqual(lab.notification.requests.count, 0)
        XCTAssertEqual(try lab.get("/orders").elements?.map { $0["status"] }, ["placed"])
        lab.inventory.answerHeld(.reply())
        try assertPlaced(client.reply(), status: "notified")
        XCTAssertEqual(lab.notification.requests.count, 1)
    }

    func testTheClientIsAnsweredOnlyAfterNotification() throws {
        let lab = try orderService(notification: { _ in .hold })
        let client = try lab.begin()
        XCTAssertTrue(lab.notification.holds(1))
        XCTAssertEqual(try lab.get("/orders").elements?.map { $0["status"] }, ["reserved"])
        lab.notification.answerHeld(.reply())
        try assertPlaced(client.reply(), status: "notified")
    }

    func testAny2xxIsSuccess() throws {
        for status in [200, 201, 202, 299] {
            let lab = try orderService(inventory: { _ in .reply(status) }, notification: { _ in .reply(status, "") })
            try assertPlaced(lab.place(), status: "notified")
        }
    }

    // MARK: Notification fails

    func testAnOrderWhoseNotificationIsRefusedStaysReserved() throws {
        for status in [302, 400, 404, 409, 422, 500, 503] {
            let lab = try orderService(notification: { _ in .reply(status, #"{"error":"injected_failure"}"#) })
            try assertReserved(lab)
        }
    }

    func testAnOrderWhoseNotificationTimesOutStaysReserved() throws {
        try assertReserved(orderService(notificationTimeout: 1, notification: { _ in .hold }))
    }

    func testAnOrderWhoseNotificationIsUnreachableStaysReserved() throws {
        let lab = try orderService()
        lab.notification.stopListening()
        try assertReserved(lab)
    }

    func testAnOrderWhoseNotificationBreaksOffStaysReserved() throws {
        for action in [
            ScriptedAction.close, .reset, .bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", then: .close),
            .bytes("garbage\r\n\r\n", then: .close), .reply(200, String(repeating: "x", count: 70_000)),
        ] {
            try assertReserved(orderService(notification: { _ in action }))
        }
    }

    private func assertReserved(_ lab: OrderServiceUnderTest, line: UInt = #line) throws {
        let order = try assertPlaced(lab.place(), status: "reserved", line: line)
        XCTAssertEqual(try lab.get("/orders"), [order], line: line)
        XCTAssertEqual(lab.openReleases, 0, "what is reserved stays reserved", line: line)
        XCTAssertEqual(lab.inventory.requests.map(\.path), ["/reserve"], line: line)
    }

    // MARK: Inventory refuses

    func testAnOrderThatInventoryRefusesFailsWithItsCode() throws {
        for (status, code) in [(409, "insufficient_stock"), (404, "unknown_item"), (409, "released")] {
            let lab = try orderService(inventory: { _ in .reply(status, #"{"error":"\#(code)","detail":"its own"}"#) })
            try assertRefused(lab, code)
        }
    }

    func testAnyOtherRefusalIsAnInventoryError() throws {
        for (status, body) in [
            (500, #"{"error":"injected_failure","detail":"told to fail"}"#), (422, #"{"error":"order_mismatch"}"#),
            (400, #"{"error":"bad_request"}"#), (503, #"{"error":"overloaded"}"#), (503, #"{"error":"not_ready"}"#),
        ] {
            try assertRefused(orderService(inventory: { _ in .reply(status, body) }), "inventory_error")
        }
    }

    /// A proxy gives such an answer when inventory's is lost, and inventory may have reserved all the same.
    func testAnAnswerThatInventoryDoesNotGiveReleasesReservation() throws {
        for (status, body) in [
            (502, "<html>Bad Gateway</html>"), (503, "Service Unavailable"), (504, ""), (500, ""), (404, "{}"),
            (409, "[1]"), (409, #"{"error":null}"#), (409, #"{"error":"inventory_timeout"}"#), (302, ""),
            (418, "<html></html>"), (500, #"{"error":"internal_error"}"#),
        ] {
            let lab = try orderService(inventory: { $0.path == "/reserve" ? .reply(status, body) : .reply() })
            let order = try assertFailed(lab.place(), 422, "inventory_error", status: "failed")
            assertStored(lab, order, line: #line)
            XCTAssertEqual(lab.notification.requests.count, 0, "nobody is told")
            XCTAssertTrue(lab.hasReleasedAll())
            XCTAssertEqual(lab.inventory.requests("/release").count, 1, "\(status) \(body)")
        }
    }

    private func assertRefused(_ lab: OrderServiceUnderTest, _ code: String, line: UInt = #line) throws {
        let reply = try lab.place()
        let order = try assertFailed(reply, 422, code, status: "failed", line: line)
        XCTAssertFalse(reply.text.contains("its own"), "no text of another service is shown", line: line)
        assertStored(lab, order, line: line)
        XCTAssertEqual(lab.notification.requests.count, 0, "nobody is told", line: line)
        XCTAssertEqual(lab.openReleases, 0, "nothing is held", line: line)
        XCTAssertEqual(lab.inventory.requests.map(\.path), ["/reserve"], line: line)
    }

    private func assertStored(_ lab: OrderServiceUnderTest, _ order: JSONValue, line: UInt) {
        guard case .object(var fields) = order else { return XCTFail("no object", line: line) }
        fields["error"] = nil
        fields["detail"] = nil
        XCTAssertEqual(try lab.get("/orders"), [.object(fields)], line: line)
    }

    // MARK: Inventory does not answer

    func testNoAnswerInTimeIsA504() throws {
        let lab = try orderService(timeout: 1, inventory: { $0.path == "/reserve" ? .hold : .reply() })
        let start = ContinuousClock.now
        let order = try assertFailed(lab.place(), 504, "inventory_timeout", status: "timeout")
        XCTAssertGreaterThanOrEqual(ContinuousClock.now - start, .seconds(1))
        assertStored(lab, order, line: #line)
        XCTAssertEqual(lab.notification.requests.count, 0)
    }

    func testNoConnectionIsA502() throws {
        let lab = try orderService()
        lab.inventory.stopListening()
        let order = try assertFailed(lab.place(), 502, "inventory_unreachable", status: "failed")
        assertStored(lab, order, line: #line)
        XCTAssertEqual(lab.notification.requests.count, 0)
    }

    func testABrokenConnectionIsA502() throws {
        for action in [
            ScriptedAction.close, .reset, .bytes("HTTP/1.1 200 OK\r\nContent-Le", then: .close),
            .bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", then: .close),
            .bytes("garbage\r\n\r\n", then: .close), .reply(200, String(repeating: "x", count: 70_000)),
        ] {
            let lab = try orderService(inventory: { $0.path == "/reserve" ? action : .reply() })
            let order = try assertFailed(lab.place(), 502, "inventory_unreachable", status: "failed")
            assertStored(lab, order, line: #line)
            XCTAssertEqual(lab.notification.requests.count, 0)
        }
    }

    func testARepliedErrorShowsNoAddressAndNoTextOfLibcurl() throws {
        let lab = try orderService()
        lab.inventory.stopListening()
        let text = try lab.place().text
        for secret in ["127.0.0.1", "\(lab.inventory.port)", "curl", "onnect to", "http://"] {
            XCTAssertFalse(text.contains(secret), text)
        }
    }

    // MARK: Own faults

    func testAnInjectedFailureMakesNoOrderAndNoCall() throws {
        let lab = try orderService()
        lab.service.faults.fails = true
        try assertError(lab.place(), 500, "injected_failure")
        XCTAssertEqual(try lab.get("/orders"), [])
        XCTAssertEqual(lab.inventory.requests.count, 0)
        lab.service.faults.fails = false
        try assertPlaced(lab.place(), status: "notified")
    }

    func testAnInjectedDelayComesBeforeTheOrder() throws {
        let lab = try orderService()
        lab.service.faults.delaySeconds = 0.2
        let start = Order.now()
        let order = try assertPlaced(lab.place(), status: "notified")
        XCTAssertGreaterThanOrEqual(try XCTUnwrap(order["timestamp"]?.double), start + 0.19)
    }
}
