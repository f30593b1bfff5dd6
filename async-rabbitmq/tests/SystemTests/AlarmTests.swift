import Foundation
import LabTesting
import XCTest

/// The broker is short of memory: it goes on delivering, and reads nothing more from whoever publishes.
///
/// It tells a connection so only when that publishes. So a service that has nothing to publish does not know, and need not.
final class AlarmTests: SystemTestCase {
    /// Runs `work` while the broker takes any memory to be too much.
    private func underTheAlarm(_ work: () throws -> Void) throws {
        defer { XCTAssertNoThrow(try Lab.run("rabbitmqctl", "set_vm_memory_high_watermark", "0.4")) }
        try Lab.run("rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "1")
        try work()
    }

    private func assertSaysThatItIsBlocked(_ service: LabService, line: UInt = #line) throws {
        let isSo = try Lab.eventually {
            let answer = try ask(service, "GET", "/ready")
            return answer.status == 503 && answer.text("detail")?.contains("memory") == true
        }
        if !isSo { XCTFail("\(service): \(try ask(service, "GET", "/ready").fields)", line: line) }
    }

    func testUnderTheAlarmAnOrderIs503AndAfterItNothingIsLost() throws {
        try startAfresh()
        try setFailure(true, .inventory)
        let before = try (0..<3).map { _ in try accept() }
        let key = ["Idempotency-Key": UUID().uuidString]
        var refused: Answer?
        try underTheAlarm {
            let start = ContinuousClock.now
            refused = try order(headers: key)
            XCTAssertLessThan(ContinuousClock.now - start, .seconds(6))
            assertError(try XCTUnwrap(refused), 503, "broker_unavailable")
            try assertSaysThatItIsBlocked(.order)
            assertError(try order(), 503, "broker_unavailable")
            XCTAssertEqual(try ask(.inventory, "GET", "/ready").status, 200, "it has published nothing yet")
            try setFailure(false, .inventory)
            try assertSaysThatItIsBlocked(.inventory)
            XCTAssertEqual(try ask(.notification, "GET", "/ready").status, 200, "it has nothing to publish")
            for service in services { XCTAssertEqual(try ask(service, "GET", "/health").status, 200) }
        }
        try awaitReady()
        let repeated = try order(headers: key)
        XCTAssertEqual(repeated.status, 202)
        XCTAssertEqual(repeated.text("order_id"), refused?.text("order_id"), "it is the same order")
        let ids = before + [try XCTUnwrap(repeated.text("order_id")), try accept()]
        try assertAll(ids, become: "reserved")
        try assertNotified(ids)
        XCTAssertEqual(try stock(), 95, "the order that was refused at once has never left")
        try assertConservation()
    }

    /// The journal is read up to a message of one's own, which the broker does not take now.
    func testAConnectionThatIsLostUnderTheAlarmComesBackAfterIt() throws {
        try startAfresh()
        let before = try accept()
        try assertAll([before], become: "reserved")
        let broker = try Broker()
        try underTheAlarm {
            for name in ["inventory", "order"] { try broker.closeConnection(name) }
            XCTAssertTrue(try Lab.eventually { try ask(.inventory, "GET", "/ready").status == 503 })
            // The first ones may be refused since there is no connection.
            let isBlocked = try Lab.eventually {
                assertError(try order(), 503, "broker_unavailable")
                return try ask(.order, "GET", "/ready").text("detail")?.contains("memory") == true
            }
            XCTAssertTrue(isBlocked)
            XCTAssertEqual(try ask(.inventory, "GET", "/ready").status, 503, "its memory is not rebuilt")
        }
        try awaitReady()
        try assertAll([before, try accept()], become: "reserved")
        XCTAssertTrue(try Lab.eventually { try stock() == 100 - orders("?status=reserved").count })
        try assertConservation()
    }
}
