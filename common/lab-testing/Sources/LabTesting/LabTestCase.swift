internal import Foundation
public import XCTest

/// A system test: it talks to the part as `tests/run_tests.sh` started it, in processes or in containers.
///
/// Without a running lab it is skipped, and says so. Each test begins and ends without faults and with all services up; one
/// that counts begins with ``startAfresh(_:)``.
open class LabTestCase: XCTestCase {
    /// What the part has. A part's test case overrides it; a test of a class that does not fails before it begins.
    open var part: LabPart? { nil }

    /// The services of the part, in the order in which they are restarted.
    public final var services: [LabService] { part?.services ?? [] }

    /// The service that takes `POST /order` and tells `GET /orders`.
    public final var orderService: LabService { get throws { try knownPart().orders } }

    private func knownPart() throws -> LabPart {
        guard let part else {
            throw Lab.CommandFailure(description: "\(type(of: self)) does not say what its part has")
        }
        return part
    }

    /// Whether a test that began with variables of its own leaves the lab without them.
    open var isRestoredAfterwards: Bool { true }

    private var mustRestore = false

    open override func setUpWithError() throws {
        guard Lab.isUp else { throw XCTSkip("system tests were skipped: tests/run_tests.sh runs them") }
        continueAfterFailure = false
        _ = try knownPart()
        try clearFaults()
    }

    open override func tearDownWithError() throws {
        guard Lab.isUp else { return }
        if mustRestore { try startAfresh() }
        try clearFaults()
    }

    // MARK: The services

    /// Brings the lab to where `./lab up` leaves it, with these variables; the next test gets it without them.
    public func startAfresh(_ environment: [String: String] = [:]) throws {
        mustRestore = !environment.isEmpty && isRestoredAfterwards
        try startAnew(environment)
    }

    /// Restarts what holds state: the services, whose memory goes with them, unless a broker keeps it.
    open func startAnew(_ environment: [String: String]) throws {
        for service in services { try Lab.run("restart", service.rawValue, environment: environment) }
    }

    private func clearFaults() throws {
        for service in services {
            if (try? ask(service, "GET", "/health"))?.status != 200 { try Lab.run("start", service.rawValue) }
            try setDelay(0, service)
            try setFailure(false, service)
        }
    }

    /// Injects a delay.
    public func setDelay(
        _ seconds: Double, _ service: LabService, file: StaticString = #filePath, line: UInt = #line
    ) throws {
        let answer = try ask(service, "POST", "/admin/delay", "{\"seconds\":\(seconds)}", file: file, line: line)
        XCTAssertEqual(answer.status, 200, file: file, line: line)
    }

    /// Injects failure.
    public func setFailure(
        _ isOn: Bool, _ service: LabService, file: StaticString = #filePath, line: UInt = #line
    ) throws {
        let answer = try ask(service, "POST", "/admin/fail", "{\"enabled\":\(isOn)}", file: file, line: line)
        XCTAssertEqual(answer.status, 200, file: file, line: line)
    }

    // MARK: Requests

    /// Sends one request on a connection of its own, and holds the answer against the service's description.
    ///
    /// - Parameter isChecked: `false` if the answer is not to be held against the description.
    public func ask(
        _ service: LabService, _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:],
        isChecked: Bool = true, file: StaticString = #filePath, line: UInt = #line
    ) throws -> Answer {
        let reply = try HTTPConnection(port: service.port, isChecked: isChecked)
            .send(method, path, body: body, headers: headers, file: file, line: line)
        return Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    /// Places an order on a connection of its own.
    public func order(
        _ item: String = "burger", _ quantity: Int = 1, headers: [String: String] = [:],
        file: StaticString = #filePath, line: UInt = #line
    ) throws -> Answer {
        let body = LabTestCase.body(item, quantity)
        return try ask(orderService, "POST", "/order", body, headers: headers, file: file, line: line)
    }

    /// The body of a `POST /order`.
    public static func body(_ item: String = "burger", _ quantity: Int = 1) -> String {
        "{\"item\":\"\(item)\",\"quantity\":\(quantity)}"
    }

    /// Opens connections, sends an order on each, and waits for all replies; nothing is answered one by one.
    public func placeAtOnce(
        _ count: Int, whileTheyWait: () throws -> Void = {}, file: StaticString = #filePath, line: UInt = #line
    ) throws -> [Int] {
        let port = try orderService.port
        let connections = try (0..<count).map { _ in try HTTPConnection(port: port) }
        for connection in connections { try connection.begin("POST", "/order", body: LabTestCase.body()) }
        try whileTheyWait()
        return try connections.map { try $0.reply(file: file, line: line).status }
    }

    /// `GET /orders`, with a query such as `"?status=reserved"`.
    public func orders(
        _ query: String = "", file: StaticString = #filePath, line: UInt = #line
    ) throws -> [[String: Any]] {
        try list(orderService, "/orders" + query, file, line)
    }

    /// `GET /notifications`.
    public func notifications(file: StaticString = #filePath, line: UInt = #line) throws -> [[String: Any]] {
        let service = try XCTUnwrap(try knownPart().notifications, "this part has no notifications")
        return try list(service, "/notifications", file, line)
    }

    private func list(
        _ service: LabService, _ path: String, _ file: StaticString, _ line: UInt
    ) throws -> [[String: Any]] {
        let answer = try ask(service, "GET", path, file: file, line: line)
        XCTAssertEqual(answer.status, 200, file: file, line: line)
        return try XCTUnwrap(answer.json as? [[String: Any]])
    }

    /// What is left of an item.
    public func stock(_ item: String = "burger", file: StaticString = #filePath, line: UInt = #line) throws -> Int {
        try XCTUnwrap(try ask(try knownPart().stock, "GET", "/stock", file: file, line: line).number(item))
    }

    // MARK: Assertions

    /// Asserts that at rest what is in stock and what orders hold make up what there was at the start.
    public func assertConservation(initial: Int = 100, file: StaticString = #filePath, line: UInt = #line) throws {
        for item in ["burger", "pizza", "salad"] {
            let held = try orders().filter { $0["item"] as? String == item }
                .filter { ["reserved", "notified"].contains($0["status"] as? String) }
                .compactMap { $0["quantity"] as? Int }.reduce(0, +)
            XCTAssertEqual(try stock(item) + held, initial, "of \(item)", file: file, line: line)
        }
    }

    /// Asserts that a key which was used before the order service was killed is known to the first request that gets
    /// through, however early that comes.
    ///
    /// - Parameter accepted: the status of an order that was placed.
    public func assertAKeyIsKnownWhileOrderServiceStarts(
        accepted: Int, file: StaticString = #filePath, line: UInt = #line
    ) throws {
        let service = try orderService
        for _ in 0..<3 {
            let key = ["Idempotency-Key": UUID().uuidString]
            // Also where the service has only just said that it is ready.
            let first = try order(headers: key)
            XCTAssertEqual(first.status, accepted, "\(first.fields)", file: file, line: line)
            let id = try XCTUnwrap(first.text("order_id"), file: file, line: line)
            try Lab.run("kill", service.rawValue)
            let start = Thread { _ = try? Lab.run("start", service.rawValue) }
            start.start()
            var answer: Answer?
            let isAccepted = Lab.eventually {
                answer = try? order(headers: key)
                return answer?.status == accepted
            }
            XCTAssertTrue(isAccepted, file: file, line: line)
            XCTAssertEqual(answer?.text("order_id"), id, file: file, line: line)
            XCTAssertEqual(answer?.headers["idempotent-replayed"], "true", file: file, line: line)
            XCTAssertTrue(Lab.eventually { start.isFinished }, file: file, line: line)
        }
    }

    /// Asserts that an answer is the error that the contract says.
    ///
    /// - Parameter word: what its sentence must hold, such as the name of a field.
    public func assertError(
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
