import Foundation
import LabTesting
import XCTest

/// The log of all that has happened, where it is not whole: the services start with what there is, and say so.
final class LogTests: SystemTestCase {
    private func warnings(_ service: LabService) throws -> [String] {
        let answer = try ask(service, "GET", "/ready")
        XCTAssertEqual(answer.status, 200, "a warning is no obstacle: \(answer.fields)")
        return answer.fields["warnings"] as? [String] ?? []
    }

    private func assertWarns(_ service: LabService, _ word: String, line: UInt = #line) throws {
        let warnings = try warnings(service)
        XCTAssertEqual(warnings.count, 1, "\(warnings)", line: line)
        XCTAssertTrue(warnings.first?.contains(word) == true, "\(warnings)", line: line)
    }

    private func logs(_ service: LabService) throws -> [Substring] {
        try Lab.run("logs", service.rawValue).split(separator: "\n").filter { $0.contains(" ERROR ") }
    }

    func testAMissingLogIsToldAndDoesNotKeepAServiceFromWork() throws {
        try startAfresh()
        try assertAll([try accept("burger", 40)], become: "reserved")
        for service in services { try Lab.run("stop", service.rawValue) }
        try Broker().deleteQueue("orders_log")
        for service in [LabService.inventory, .notification, .order] { try Lab.run("start", service.rawValue) }
        try assertWarns(.inventory, "gone")
        XCTAssertEqual(try warnings(.order), [], "whoever comes later finds a log, of all that has happened since")
        XCTAssertTrue(try logs(.inventory).contains { $0.contains("the log of orders is gone") })
        XCTAssertEqual(try stock(), 100, "what is not known is not guessed")
        try assertAll([try accept()], become: "reserved")
        XCTAssertEqual(try stock(), 99)
    }

    /// The beginning of a stream is dropped by whole segments, of 100 MB here.
    func testALogWithoutItsBeginningIsTold() throws {
        try startAfresh()
        let broker = try Broker()
        try assertAll([try accept("burger", 40)], become: "reserved")
        try broker.ask(
            "PUT", "policies/%2F/short", ["pattern": "^orders_log$", "definition": ["max-length-bytes": 1]])
        defer { _ = try? broker.ask("DELETE", "policies/%2F/short") }
        let megabyte = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<210 { XCTAssertTrue(try broker.publish(megabyte, to: "orders_log")) }
        for service in services { try Lab.run("restart", service.rawValue) }
        for service in services {
            try assertWarns(service, "beginning")
            XCTAssertTrue(try logs(service).contains { $0.contains("the beginning of the log is gone") })
        }
        XCTAssertEqual(try stock(), 100, "what is not known is not guessed")
        try assertAll([try accept()], become: "reserved")
    }

    func testAWholeLogGivesNoWarning() throws {
        try startAfresh()
        try assertAll([try accept()], become: "reserved")
        for service in services { try Lab.run("restart", service.rawValue) }
        for service in services { XCTAssertEqual(try warnings(service), []) }
        XCTAssertEqual(try stock(), 99)
    }
}
