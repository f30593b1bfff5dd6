import Foundation
import Synchronization
import XCTest

@testable import LabTesting

/// Requests of tests are held against the description of the service that is asked.
final class DescriptionChecksTests: XCTestCase {
    private final class Reports: Sendable {
        private let reports = Mutex<[(problem: String, line: UInt)]>([])

        var all: [String] { reports.withLock { $0.map(\.problem) } }
        var lines: [UInt] { reports.withLock { $0.map(\.line) } }
        func add(_ problem: String, _ line: UInt) { reports.withLock { $0.append((problem, line)) } }
    }

    private let reports = Reports()

    private func checks(serviceWithoutDescriptionFails: Bool = false) -> DescriptionChecks {
        let reports = reports
        return DescriptionChecks(serviceWithoutDescriptionFails: serviceWithoutDescriptionFails) { problem, _, line in
            reports.add(problem, line)
        }
    }

    private func ask(
        _ server: ScriptedService, _ checks: DescriptionChecks?, _ path: String = "/orders", isChecked: Bool = true,
        line: UInt = #line
    ) throws {
        let connection = try HTTPConnection(port: server.port, timeout: 10, checks: checks)
        _ = try connection.send("GET", path, isChecked: isChecked, line: line)
    }

    func testAnAnswerAsDescribedIsNoProblem() throws {
        let (server, checks) = (try ScriptedService(description: DescriptionFixture.bytes), checks())
        for _ in 0..<3 { try ask(server, checks) }
        XCTAssertEqual(reports.all, [])
        XCTAssertEqual(server.asked, ["/openapi.json": 1, "/orders": 3], "it is fetched once")
    }

    func testAProblemIsReportedAtTheLineThatAsks() throws {
        let (server, checks) = (try ScriptedService(description: DescriptionFixture.bytes), checks())
        try ask(server, checks, "/nowhere", line: 7)
        XCTAssertEqual(
            reports.all,
            ["GET /nowhere at 127.0.0.1:\(server.port): the path is not described, so it must be 404 and is 200"])
        XCTAssertEqual(reports.lines, [7])
    }

    func testARequestThatIsBegunIsCheckedWhenItsReplyIsThere() throws {
        let (server, checks) = (try ScriptedService(description: DescriptionFixture.bytes), checks())
        let connection = try HTTPConnection(port: server.port, timeout: 10, checks: checks)
        try connection.begin("GET", "/nowhere")
        XCTAssertEqual(reports.all, [])
        _ = try connection.reply()
        XCTAssertEqual(reports.all.count, 1)
    }

    func testAnOptOutIsExplicit() throws {
        let server = try ScriptedService(description: DescriptionFixture.bytes)
        try ask(server, checks(), "/nowhere", isChecked: false)
        try ask(server, nil, "/nowhere")
        XCTAssertEqual(reports.all, [])
        XCTAssertNil(server.asked["/openapi.json"], "nobody needs it")
    }

    func testBytesOfATestsOwnAreNotChecked() throws {
        let server = try ScriptedService(description: DescriptionFixture.bytes)
        let connection = try HTTPConnection(port: server.port, timeout: 10, checks: checks())
        try connection.write("GET /nowhere HTTP/1.1\r\n\r\n")
        XCTAssertEqual(try connection.reply().status, 200)
        XCTAssertEqual(reports.all, [])
    }

    func testAServiceWithoutDescriptionIsNotCheckedUnlessTheSwitchIsOn() throws {
        let server = try ScriptedService(description: nil)
        let checks = checks()
        for _ in 0..<3 { try ask(server, checks, "/nowhere") }
        XCTAssertEqual(reports.all, [])
        XCTAssertEqual(server.asked["/openapi.json"], 1)
        try ask(server, self.checks(serviceWithoutDescriptionFails: true), "/nowhere")
        XCTAssertEqual(reports.all.count, 1)
        XCTAssertTrue(reports.all[0].contains("no description"), "\(reports.all)")
    }

    func testADescriptionsOwnProblemsAreReportedOnce() throws {
        let unnamed = String(decoding: DescriptionFixture.bytes, as: UTF8.self).replacing("placeOrder", with: "")
        let server = try ScriptedService(description: Array(unnamed.utf8))
        let checks = checks()
        for _ in 0..<3 { try ask(server, checks) }
        XCTAssertEqual(reports.all.count, 1, "\(reports.all)")
        XCTAssertTrue(reports.all[0].contains("operationId"), "\(reports.all)")
    }

    func testBytesThatAreNoDescriptionAreReportedOnce() throws {
        let server = try ScriptedService(description: Array("<html>".utf8))
        let checks = checks()
        for _ in 0..<3 { try ask(server, checks) }
        XCTAssertEqual(reports.all.count, 1, "\(reports.all)")
    }

    /// A port is given again: what was known of it is of another service.
    func testAnotherServiceAtTheAddressIsHeldAgainstItsOwnDescription() throws {
        let (server, checks) = (try ScriptedService(description: DescriptionFixture.bytes), checks())
        try ask(server, checks)
        let renamed = String(decoding: DescriptionFixture.bytes, as: UTF8.self).replacing(
            "\"/orders\"", with: "\"/meals\"")
        server.become(Array(renamed.utf8))
        try ask(server, checks, "/meals")
        XCTAssertEqual(reports.all, [])
        try ask(server, checks, "/orders")
        XCTAssertEqual(reports.all.count, 1)
        server.become(nil)
        try ask(server, checks, "/orders")
        XCTAssertEqual(reports.all.count, 1, "this one has no description")
    }

    func testAServiceThatCannotBeReachedIsAskedAgain() throws {
        let checks = checks(serviceWithoutDescriptionFails: true)
        let port = try Lab.freePort()
        let exchange = APIExchange(method: "GET", target: "/x", status: 200, responseHeaders: [], responseBody: [])
        checks.check(exchange, host: "127.0.0.1", port: port, file: #filePath, line: #line)
        XCTAssertEqual(reports.all, [])
        let server = try ScriptedService(description: DescriptionFixture.bytes, port: port)
        try ask(server, checks, "/nowhere")
        XCTAssertEqual(reports.all.count, 1)
    }

    func testThreadsThatAskAtOnceFetchADescriptionOnce() throws {
        let (server, checks) = (try ScriptedService(description: DescriptionFixture.bytes), checks())
        let port = server.port
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            _ = try? HTTPConnection(port: port, timeout: 10, checks: checks).send("GET", "/orders")
        }
        XCTAssertEqual(server.asked, ["/openapi.json": 1, "/orders": 8])
        XCTAssertEqual(reports.all, [])
    }
}
