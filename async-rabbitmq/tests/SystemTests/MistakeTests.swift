import Foundation
import LabTesting
import XCTest

/// Mistakes that waiting does not mend: a service names them, with the remedy, and works once they are corrected.
///
/// Each service is one of the test's own, on a virtual host of the test's own, so that the lab's queues stay as they are.
final class MistakeTests: SystemTestCase {
    private var processes: [Process] = []
    private var host = ""

    override func setUpWithError() throws {
        try super.setUpWithError()
        guard Lab.mode == "native" else {
            print("SKIPPED: services of the test's own are started as processes")
            throw XCTSkip("native only")
        }
        host = "mistake-\(UUID().uuidString)"
        let broker = try Broker()
        try broker.ask("PUT", "vhosts/\(host)")
        try broker.ask("PUT", "permissions/\(host)/guest", ["configure": ".*", "write": ".*", "read": ".*"])
    }

    override func tearDownWithError() throws {
        for process in processes where process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        if !host.isEmpty { try Broker().ask("DELETE", "vhosts/\(host)") }
        try super.tearDownWithError()
    }

    /// Starts a service on the test's virtual host.
    ///
    /// - Returns: the port that it listens on.
    private func start(_ executable: String, user: String = "guest:guest") throws -> Int {
        let variables = ProcessInfo.processInfo.environment
        let lab = try XCTUnwrap(variables["LAB"])
        let address = try XCTUnwrap(URL(string: try XCTUnwrap(variables["RABBITMQ_URL"])))
        let url = "amqp://\(user)@\(try XCTUnwrap(address.host)):\(try XCTUnwrap(address.port))/\(host)"
        let port = try Lab.freePort()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: lab).deletingLastPathComponent()
            .appendingPathComponent(".build/release/\(executable)")
        process.environment = variables.merging(["PORT": "\(port)", "RABBITMQ_URL": url]) { $1 }
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        processes.append(process)
        return port
    }

    private func ready(_ port: Int) throws -> Answer {
        let reply = try HTTPConnection(port: port).send("GET", "/ready")
        return Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    /// Waits until a service says that something must be corrected, and what.
    private func assertNames(_ words: [String], _ port: Int, line: UInt = #line) {
        let isNamed = Lab.eventually { (try? ready(port))?.text("status") == "misconfigured" }
        let answer = try? ready(port)
        XCTAssertTrue(isNamed, "\(answer?.fields ?? [:])", line: line)
        XCTAssertEqual(answer?.status, 503, line: line)
        let detail = answer?.text("detail") ?? ""
        for word in words { XCTAssertTrue(detail.contains(word), "\(word): \(detail)", line: line) }
    }

    private func assertBecomesReady(_ port: Int, line: UInt = #line) {
        let isReady = Lab.eventually(within: 60) { (try? ready(port))?.status == 200 }
        XCTAssertTrue(isReady, "\((try? ready(port).fields) ?? [:])", line: line)
    }

    /// An earlier implementation has left its queue.
    func testAQueueOfAnotherTypeIsNamedByEveryServiceUntilItIsGone() throws {
        let broker = try Broker()
        try broker.ask("PUT", "queues/\(host)/inventory_queue", ["durable": true])
        let ports = try ["OrderService", "InventoryService", "NotificationService"].map { try start($0) }
        for port in ports {
            assertNames(["queue inventory_queue", "x-dead-letter-exchange is not set", "delete"], port)
        }
        try broker.ask("DELETE", "queues/\(host)/inventory_queue")
        for port in ports { assertBecomesReady(port) }
    }

    func testAnExchangeOfAnotherTypeIsNamed() throws {
        let broker = try Broker()
        try broker.ask("PUT", "exchanges/\(host)/orders_exchange", ["type": "direct", "durable": true])
        let port = try start("InventoryService")
        assertNames(["exchange orders_exchange", "direct", "topic", "delete"], port)
        try broker.ask("DELETE", "exchanges/\(host)/orders_exchange")
        assertBecomesReady(port)
    }

    func testAPasswordThatIsRefusedIsNamed() throws {
        let ports = try ["OrderService", "InventoryService", "NotificationService"].map {
            try start($0, user: "guest:secret-that-is-wrong")
        }
        for port in ports {
            assertNames(["password", "RABBITMQ_URL"], port)
            XCTAssertFalse(String(decoding: try ready(port).body, as: UTF8.self).contains("secret-that-is-wrong"))
        }
    }

    func testAMissingPermissionIsNamed() throws {
        let broker = try Broker()
        try broker.ask("PUT", "permissions/\(host)/guest", ["configure": "^$", "write": ".*", "read": ".*"])
        let port = try start("NotificationService")
        assertNames(["permission", "configure"], port)
        try broker.ask("PUT", "permissions/\(host)/guest", ["configure": ".*", "write": ".*", "read": ".*"])
        assertBecomesReady(port)
    }
}
