import HTTPClient
import LabTesting
import ServiceKit
import XCTest

@testable import OrderService

/// OrderService's routes on a real HTTP server, between an inventory and a notification service that follow scripts.
final class OrderServiceUnderTest: Sendable {
    let inventory: ScriptedServer
    let notification: ScriptedServer
    let service: RunningService
    private let releases: ReleaseQueue
    private let client: HTTPClient

    /// Starts all three.
    ///
    /// - Parameter timeouts: what `REQUEST_TIMEOUT` sets for both, in seconds.
    init(
        timeouts: (inventory: Double, notification: Double), faults: Faults, log: Logger,
        inventory: @escaping ScriptedServer.Script, notification: @escaping ScriptedServer.Script
    ) throws {
        self.inventory = ScriptedServer(inventory)
        self.notification = ScriptedServer(notification)
        let (running, inventoryURL, notificationURL) = (RunningLoop(), self.inventory.url, self.notification.url)
        let loop = running.loop
        let (client, releases, workflow) = try running.run {
            let client = HTTPClient(on: loop)
            let inventory = InventoryClient(client, inventoryURL, timeout: timeouts.inventory)
            let releases = ReleaseQueue(inventory, on: loop, log: log)
            let workflow = OrderWorkflow(
                inventory: inventory,
                notification: NotificationClient(client, notificationURL, timeout: timeouts.notification),
                releases: releases, log: log)
            return (client, releases, workflow)
        }
        self.client = client
        self.releases = releases
        service = try RunningService(on: running, faults: faults, log: log) {
            OrderRoutes(workflow).router($0, Readiness())
        }
    }

    /// Places an order and waits for the reply.
    func place(
        _ item: String = "burger", _ quantity: Int = 2, key: String? = nil, headers: [String: String] = [:]
    ) throws -> HTTPConnection.Reply {
        try begin(item, quantity, key: key, headers: headers).reply()
    }

    /// Places an order and does not wait for the reply.
    func begin(
        _ item: String = "burger", _ quantity: Int = 2, key: String? = nil, headers: [String: String] = [:]
    ) throws -> HTTPConnection {
        var headers = headers
        headers["Idempotency-Key"] = key
        return try service.begin("/order", #"{"item":"\#(item)","quantity":\#(quantity)}"#, headers: headers)
    }

    /// What `GET` of a path answers with.
    func get(_ path: String) throws -> JSONValue { try service.send("GET", path).json() }

    /// How many releases are not known to have been carried out.
    var openReleases: Int { releases.open }

    /// Waits until no release is open.
    func hasReleasedAll() -> Bool { Lab.eventually { releases.open == 0 } }

    /// Cuts off the calls to both services, as the end of the service does.
    func cancelCalls() throws {
        let client = client
        try service.running.run { await client.cancelCalls() }
    }

    func stop() throws {
        inventory.stop()
        notification.stop()
        let client = client
        try service.stop { client.close() }
    }
}

extension XCTestCase {
    /// The scripts' default: everything goes well.
    static let allIsWell: ScriptedServer.Script = { _ in .reply() }

    /// Starts an OrderService that is stopped after the test.
    func orderService(
        timeout: Double = 60, notificationTimeout: Double = 60, faults: Faults = Faults(), log: Logger = .quiet,
        inventory: @escaping ScriptedServer.Script = XCTestCase.allIsWell,
        notification: @escaping ScriptedServer.Script = XCTestCase.allIsWell
    ) throws -> OrderServiceUnderTest {
        let service = try OrderServiceUnderTest(
            timeouts: (timeout, notificationTimeout), faults: faults, log: log, inventory: inventory,
            notification: notification)
        addTeardownBlock { try service.stop() }
        return service
    }

    /// What is written to stderr while `work` runs.
    func standardError(during work: () throws -> Void) throws -> String {
        let file = try XCTUnwrap(tmpfile())
        defer { fclose(file) }
        let saved = dup(STDERR_FILENO)
        dup2(fileno(file), STDERR_FILENO)
        let result = Result { try work() }
        dup2(saved, STDERR_FILENO)
        close(saved)
        try result.get()
        rewind(file)
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// The five fields of an order.
let orderFields: Set<String> = ["order_id", "item", "quantity", "status", "timestamp"]

/// Checks a whole 201.
@discardableResult
func assertPlaced(
    _ reply: HTTPConnection.Reply, status: String, item: String = "burger", quantity: Int = 2,
    file: StaticString = #filePath, line: UInt = #line
) throws -> JSONValue {
    XCTAssertEqual(reply.status, 201, reply.text, file: file, line: line)
    let order = try reply.json()
    XCTAssertEqual(order.names, orderFields, file: file, line: line)
    XCTAssertEqual(order["item"]?.text, item, file: file, line: line)
    XCTAssertEqual(order["quantity"]?.double, Double(quantity), file: file, line: line)
    XCTAssertEqual(order["status"]?.text, status, file: file, line: line)
    return order
}

/// Checks a whole error reply with an order in it.
@discardableResult
func assertFailed(
    _ reply: HTTPConnection.Reply, _ httpStatus: Int, _ code: String, status: String,
    file: StaticString = #filePath, line: UInt = #line
) throws -> JSONValue {
    try assertError(reply, httpStatus, code, fields: orderFields, file: file, line: line)
    let order = try reply.json()
    XCTAssertEqual(order["status"]?.text, status, file: file, line: line)
    return order
}
