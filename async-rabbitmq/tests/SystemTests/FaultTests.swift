import Foundation
import LabTesting
import XCTest

/// Consumers that are told to fail or to be slow: they hold back, and lose nothing.
final class FaultTests: SystemTestCase {
    func testAFailingInventoryHoldsBackAndCatchesUp() throws {
        try startAfresh()
        try setFailure(true, .inventory)
        let ids = try (0..<5).map { _ in try accept() }
        // Two or three attempts: that they come to nothing cannot be polled for.
        Thread.sleep(forTimeInterval: 2.5)
        XCTAssertEqual(try orders("?status=placed").count, 5)
        XCTAssertEqual(try stock(), 100)
        try setFailure(false, .inventory)
        try assertAll(ids, become: "reserved")
        XCTAssertEqual(try Broker().messages("dlq_queue").count, 0)
        XCTAssertEqual(try stock(), 95)
    }

    func testAFailingNotificationHoldsBackAndCatchesUp() throws {
        try startAfresh()
        try setFailure(true, .notification)
        let ids = try (0..<5).map { _ in try accept() }
        try assertAll(ids, become: "reserved")
        XCTAssertEqual(try notifications().count, 0)
        try setFailure(false, .notification)
        try assertNotified(ids)
    }

    func testADelayedInventoryTakesOneAfterAnother() throws {
        try startAfresh()
        try setDelay(0.5, .inventory)
        let start = ContinuousClock.now
        let ids = try (0..<4).map { _ in try accept() }
        try assertAll(ids, become: "reserved")
        XCTAssertGreaterThanOrEqual(ContinuousClock.now - start, .seconds(2), "each has its own delay")
    }

    /// A consumer's connection lives for three heartbeats of 5 s at most without a sign of life; a lost one would bring the
    /// message again, and never to its end.
    func testHeartbeatsAreAnsweredHoweverLongAMessageTakes() throws {
        try startAfresh()
        let broker = try Broker()
        let names = ["inventory", "notification"]
        func connected() throws -> [Int] { try names.map { try broker.connection($0)["connected_at"] as? Int ?? 0 } }
        let before = try connected()
        try setDelay(20, .notification)
        let first = try accept()
        try assertAll([first], become: "reserved")
        try setDelay(20, .inventory)
        let second = try accept()
        try assertAll([second], become: "reserved")
        XCTAssertTrue(try Lab.eventually { try notifications().first?["order_id"] as? String == first })
        XCTAssertEqual(try connected(), before, "the connections are the same")
        for service in services { try setDelay(0, service) }
        try assertNotified([first, second])
        XCTAssertEqual(try stock(), 98, "each is taken once")
        try assertConservation()
    }

    /// An order that merely waits is not sent again, and is told once.
    func testAnOrderThatWaitsIsOneMessageAndOneOutcome() throws {
        try startAfresh()
        try setDelay(25, .inventory)
        let broker = try Broker()
        let taps = try ["order.placed", "inventory.reserved"].map { try broker.tap($0) }
        defer { for tap in taps { _ = try? broker.deleteQueue(tap) } }
        let id = try accept()
        try assertAll([id], become: "reserved")
        for tap in taps { XCTAssertEqual(try broker.messages(tap).count, 1) }
        XCTAssertEqual(try stock(), 99)
    }

    func testFaultsAreToldAndChecked() throws {
        for service in services {
            try setDelay(0.25, service)
            try setFailure(true, service)
            let faults = try ask(service, "GET", "/admin/faults")
            XCTAssertEqual(faults.fields["delay_seconds"] as? Double, 0.25)
            XCTAssertEqual(faults.fields["fail_enabled"] as? Bool, true)
            let delay = try ask(service, "POST", "/admin/delay", #"{"seconds":61}"#)
            assertError(delay, 400, "bad_request", naming: "seconds")
            assertError(try ask(service, "POST", "/admin/fail", "{}"), 400, "bad_request", naming: "enabled")
            XCTAssertEqual(try ask(service, "GET", "/ready").status, 200, "faults do not act on readiness")
        }
    }
}
