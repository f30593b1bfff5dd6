import CampusModel
import Foundation
import LabTesting
import XCTest

/// A test against the part as `tests/run_tests.sh` started it: three services, in processes or in containers.
///
/// Each test begins and ends without faults; one that counts begins with ``startAfresh(_:)``.
class SystemTestCase: XCTestCase {
    /// What a service answered.
    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        /// The fields of the object in the body; empty where it holds none.
        var fields: [String: Any] { (json as? [String: Any]) ?? [:] }
        var json: Any? { try? JSONSerialization.jsonObject(with: Data(body)) }
        func text(_ name: String) -> String? { fields[name] as? String }
        func number(_ name: String) -> Int? { fields[name] as? Int }
    }

    enum Service: String, CaseIterable {
        case order, inventory, notification

        var port: Int { get throws { try Lab.port(rawValue.uppercased() + "_URL") } }
    }

    private var mustRestore = false

    override func setUpWithError() throws {
        guard Lab.isUp else { throw XCTSkip("system tests were skipped: tests/run_tests.sh runs them") }
        continueAfterFailure = false
        try clearFaults()
    }

    override func tearDownWithError() throws {
        guard Lab.isUp else { return }
        if mustRestore { try restartAll([:]) }
        try clearFaults()
    }

    // MARK: The services

    /// Restarts all three, with empty memories and these variables; the next test gets them without.
    func startAfresh(_ environment: [String: String] = [:]) throws {
        mustRestore = !environment.isEmpty
        try restartAll(environment)
    }

    private func restartAll(_ environment: [String: String]) throws {
        for service in Service.allCases { try Lab.run("restart", service.rawValue, environment: environment) }
    }

    func clearFaults() throws {
        for service in Service.allCases {
            if try ask(service, "GET", "/health").status != 200 { try Lab.run("start", service.rawValue) }
            try setDelay(0, service)
            try setFailure(false, service)
        }
    }

    func setDelay(_ seconds: Double, _ service: Service) throws {
        let answer = try ask(service, "POST", "/admin/delay", "{\"seconds\":\(seconds)}")
        XCTAssertEqual(answer.status, 200)
    }

    func setFailure(_ isOn: Bool, _ service: Service) throws {
        let answer = try ask(service, "POST", "/admin/fail", "{\"enabled\":\(isOn)}")
        XCTAssertEqual(answer.status, 200)
    }

    // MARK: Requests

    /// Sends one request on a connection of its own.
    func ask(
        _ service: Service, _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:]
    ) throws -> Answer {
        let reply = try HTTPConnection(port: service.port).send(method, path, body: body, headers: headers)
        return Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    /// Places an order on a connection of its own.
    func order(_ item: String = "burger", _ quantity: Int = 1, headers: [String: String] = [:]) throws -> Answer {
        try ask(.order, "POST", "/order", SystemTestCase.body(item, quantity), headers: headers)
    }

    static func body(_ item: String = "burger", _ quantity: Int = 1) -> String {
        "{\"item\":\"\(item)\",\"quantity\":\(quantity)}"
    }

    func orders(_ query: String = "") throws -> [[String: Any]] { try list(.order, "/orders" + query) }

    func notifications() throws -> [[String: Any]] { try list(.notification, "/notifications") }

    private func list(_ service: Service, _ path: String) throws -> [[String: Any]] {
        let answer = try ask(service, "GET", path)
        XCTAssertEqual(answer.status, 200)
        return try XCTUnwrap(answer.json as? [[String: Any]])
    }

    func stock(_ item: String = "burger") throws -> Int {
        try XCTUnwrap(try ask(.inventory, "GET", "/stock").number(item))
    }

    // MARK: Assertions

    /// At rest, what is in stock and what orders hold make up what there was at the start.
    func assertConservation(initial: Int = 100, file: StaticString = #filePath, line: UInt = #line) throws {
        for item in Order.menu {
            let held = try orders().filter { $0["item"] as? String == item }
                .filter { ["reserved", "notified"].contains($0["status"] as? String) }
                .compactMap { $0["quantity"] as? Int }.reduce(0, +)
            XCTAssertEqual(try stock(item) + held, initial, "of \(item)", file: file, line: line)
        }
    }

    func assertError(
        _ answer: Answer, _ status: Int, _ code: String, naming word: String = "", file: StaticString = #filePath,
        line: UInt = #line
    ) {
        XCTAssertEqual(answer.status, status, file: file, line: line)
        XCTAssertEqual(answer.text("error"), code, file: file, line: line)
        let detail = answer.text("detail") ?? ""
        XCTAssertFalse(detail.isEmpty, file: file, line: line)
        XCTAssertTrue(word.isEmpty || detail.contains(word), "\(answer.fields)", file: file, line: line)
        XCTAssertEqual(answer.headers["content-type"], "application/json", file: file, line: line)
    }
}
