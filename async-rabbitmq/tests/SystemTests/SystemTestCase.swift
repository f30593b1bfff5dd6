import LabTesting
import XCTest

extension LabService {
    static let order: LabService = "order"
    static let inventory: LabService = "inventory"
    static let notification: LabService = "notification"
}

/// A test against Part B's services and their broker.
class SystemTestCase: LabTestCase {
    override var part: LabPart? {
        LabPart([.order, .inventory, .notification], orders: .order, stock: .inventory, notifications: .notification)
    }

    /// The streams of the journals, in the order of ``services``.
    static let journals = ["orders_log", "inventory_log", "notifications_log"]

    /// The broker remembers for the services: to begin afresh, what its queues hold is thrown away.
    ///
    /// The streams of the journals cannot be emptied, so they are deleted, and declared again by whoever starts. What is known of
    /// them outside, in the queues of the leases, goes too: else the services say that their journals were lost. Quorum queues must
    /// stay: after some were deleted and made again, a RabbitMQ 3.10 that is killed comes back with queues that nothing can consume.
    override func startAnew(_ environment: [String: String]) throws {
        for service in services { try Lab.run("stop", service.rawValue) }
        let broker = try Broker()
        for stream in SystemTestCase.journals { try broker.deleteQueue(stream) }
        let queues = ["inventory_queue", "notification_queue", "order_status_queue", "dlq_queue"]
        for queue in queues + ["order_lease", "inventory_lease", "notification_lease"] {
            try broker.ask("DELETE", "queues/%2F/\(queue)/contents")
        }
        for service in services { try Lab.run("start", service.rawValue, environment: environment) }
    }

    /// Places an order that must be accepted.
    ///
    /// - Returns: its identifier.
    func accept(_ item: String = "burger", _ quantity: Int = 1, line: UInt = #line) throws -> String {
        let answer = try order(item, quantity)
        XCTAssertEqual(answer.status, 202, "\(answer.fields)", line: line)
        return try XCTUnwrap(answer.text("order_id"), line: line)
    }

    func status(_ id: String) throws -> String? { try ask(.order, "GET", "/orders/\(id)").text("status") }

    /// Waits until every order has this status.
    func assertAll(_ ids: [String], become status: String, within seconds: Double = 60, line: UInt = #line) throws {
        let isSo = try Lab.eventually(within: seconds) {
            let found = try orders("?status=\(status)").compactMap { $0["order_id"] as? String }
            return Set(ids).isSubset(of: found)
        }
        if !isSo { XCTFail("not all became \(status): \(try orders())", line: line) }
    }

    func assertNotified(_ ids: [String], line: UInt = #line) throws {
        func notified() throws -> Set<String> { Set(try notifications().compactMap { $0["order_id"] as? String }) }
        _ = try Lab.eventually(within: 60) { try notified() == Set(ids) }
        XCTAssertEqual(try notified(), Set(ids), line: line)
        XCTAssertEqual(try notifications().count, ids.count, "each order is notified once", line: line)
    }

    /// Waits until all services say that they are ready.
    func awaitReady(line: UInt = #line) throws {
        for service in services {
            let isReady = try Lab.eventually(within: 60) { try ask(service, "GET", "/ready").status == 200 }
            if !isReady { XCTFail("\(service): \(try ask(service, "GET", "/ready").fields)", line: line) }
        }
    }
}
