import Foundation
import LabTesting
import XCTest

/// NotificationService's own interface.
final class NotificationTests: SystemTestCase {
    func testSendLogsOnceAnOrderAndStatus() throws {
        try startAfresh()
        let id = UUID().uuidString.lowercased()
        let body = "{\"order_id\":\"\(id)\",\"status\":\"reserved\",\"item\":\"salad\"}"
        let first = try ask(.notification, "POST", "/send", body)
        XCTAssertEqual(first.status, 200)
        XCTAssertEqual(first.text("order_id"), id)
        XCTAssertEqual(first.text("status"), "reserved")
        XCTAssertEqual(first.text("item"), "salad")
        XCTAssertNotNil(first.fields["timestamp"] as? Double)
        XCTAssertEqual(try ask(.notification, "POST", "/send", body).body, first.body)
        XCTAssertEqual(try notifications().count, 1)
        let failed = body.replacing("reserved", with: "failed")
        XCTAssertEqual(try ask(.notification, "POST", "/send", failed).status, 200)
        XCTAssertEqual(try notifications().map { $0["status"] as? String }, ["reserved", "failed"])
    }

    func testFieldsAreChecked() throws {
        let id = UUID().uuidString
        for (body, field) in [
            (#"{"status":"reserved","item":"x"}"#, "order_id"),
            ("{\"order_id\":\"\(id)\",\"status\":\"lost\",\"item\":\"x\"}", "status"),
            ("{\"order_id\":\"\(id)\",\"status\":\"reserved\"}", "item"),
        ] {
            assertError(try ask(.notification, "POST", "/send", body), 400, "bad_request", naming: field)
        }
    }
}
