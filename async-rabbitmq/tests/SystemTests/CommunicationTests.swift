import Foundation
import LabTesting
import XCTest

/// The lab's own three experiments: what a queue between the services does.
final class CommunicationTests: SystemTestCase {
    /// Inventory is away for a minute, and twenty orders wait for it in the queue.
    func testBacklogDrains() throws {
        try startAfresh()
        try Lab.run("stop", "inventory")
        let start = Date()
        func log(_ text: String) {
            print("\(Date().formatted(.iso8601)) +\(Int(Date().timeIntervalSince(start).rounded())) s: \(text)")
        }
        log("inventory is stopped")
        let ids = try (0..<20).map { _ in try accept() }
        log("20 orders were accepted with 202")
        // The outage itself is what is tested: messages must outlast it, and nobody decides meanwhile.
        let somebodyDecides = try Lab.eventually(within: 60) { try orders("?status=placed").count != 20 }
        XCTAssertFalse(somebodyDecides, "inventory is away")
        log("still 20 are placed; inventory is started")
        try Lab.run("start", "inventory")
        try assertAll(ids, become: "reserved")
        log("all 20 are reserved")
        XCTAssertEqual(try stock(), 80)
        try assertNotified(ids)
        try assertConservation()
    }

    func testARepublishedMessageTakesStockOnce() throws {
        try startAfresh()
        let broker = try Broker()
        let (placed, reserved) = (try broker.tap("order.placed"), try broker.tap("inventory.reserved"))
        defer { for queue in [placed, reserved] { try? broker.deleteQueue(queue) } }
        let id = try accept("burger", 3)
        try assertAll([id], become: "reserved")
        XCTAssertEqual(try stock(), 97)

        XCTAssertTrue(try Lab.eventually { try broker.messages(placed).count == 1 })
        let message = try XCTUnwrap(try broker.messages(placed).first)
        let properties = try XCTUnwrap(message["properties"] as? [String: Any])
        let messageID = try XCTUnwrap(properties["message_id"] as? String)
        let body = Array(try XCTUnwrap(message["payload"] as? String).utf8)
        XCTAssertTrue(try broker.publish(body, to: "order.placed", exchange: "orders_exchange", messageID: messageID))

        // It was handled when its outcome has been published a second time, under the same identifier.
        XCTAssertTrue(try Lab.eventually { try broker.messages(reserved).count == 2 })
        let outcomes = try broker.messages(reserved).compactMap { $0["properties"] as? [String: Any] }
        XCTAssertEqual(Set(outcomes.compactMap { $0["message_id"] as? String }).count, 1)
        XCTAssertEqual(try stock(), 97, "the second copy took nothing")
        XCTAssertEqual(try orders().count, 1)
        try assertNotified([id])
        try assertConservation()
    }

    func testAMalformedMessageGoesToTheDeadLetterQueue() throws {
        try startAfresh()
        let broker = try Broker()
        XCTAssertTrue(try broker.publish(Array("this is no order".utf8), to: "inventory_queue", messageID: "m-1"))
        XCTAssertTrue(try Lab.eventually { try broker.messages("dlq_queue").count == 1 })
        let message = try XCTUnwrap(try broker.messages("dlq_queue").first)
        XCTAssertEqual(message["payload"] as? String, "this is no order")
        let headers = (message["properties"] as? [String: Any])?["headers"] as? [String: Any]
        XCTAssertEqual(headers?["x-first-death-queue"] as? String, "inventory_queue")
        XCTAssertEqual(headers?["x-first-death-reason"] as? String, "rejected")
        try assertAll([try accept()], become: "reserved")
    }
}
