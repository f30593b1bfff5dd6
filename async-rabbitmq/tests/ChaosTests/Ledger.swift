import Foundation
import LabTesting
import XCTest

/// What the services and the broker say when all is over.
enum Ledger {
    /// The status of each order, once none is `placed` any more.
    static func whenSettled() throws -> [String: String] {
        var orders: [String: String] = [:]
        _ = try Lab.eventually(within: 120) {
            orders = try self.orders()
            return !orders.values.contains("placed")
        }
        return orders
    }

    private static func orders() throws -> [String: String] {
        let list = try XCTUnwrap(try get("ORDER_URL", "/orders") as? [[String: Any]])
        var orders: [String: String] = [:]
        for order in list {
            let id = try XCTUnwrap(order["order_id"] as? String)
            XCTAssertNil(orders[id], "an order is in the list twice")
            orders[id] = try XCTUnwrap(order["status"] as? String)
        }
        return orders
    }

    static func burgersLeft() throws -> Int {
        let stock = try XCTUnwrap(try get("INVENTORY_URL", "/stock") as? [String: Int])
        return try XCTUnwrap(stock["burger"])
    }

    /// The management's numbers come seconds late: the answer counts once it is there.
    static func deadLetters() throws -> Int {
        var messages: Int?
        _ = try Lab.eventually(within: 60) {
            let queue = try get("RABBITMQ_MANAGEMENT_URL", "/api/queues/%2F/dlq_queue", guest)
            messages = (queue as? [String: Any])?["messages"] as? Int
            return messages != nil
        }
        return try XCTUnwrap(messages, "the management does not tell of dlq_queue")
    }

    /// Takes inventory's memory away.
    static func deleteJournal() throws {
        let reply = try HTTPConnection(port: try Lab.port("RABBITMQ_MANAGEMENT_URL"), isChecked: false).send(
            "DELETE", "/api/queues/%2F/inventory_log", headers: guest)
        XCTAssertEqual(reply.status, 204, reply.text)
    }

    private static let guest = ["Authorization": "Basic \(Data("guest:guest".utf8).base64EncodedString())"]

    private static func get(_ variable: String, _ path: String, _ headers: [String: String] = [:]) throws -> Any {
        let isService = variable != "RABBITMQ_MANAGEMENT_URL"
        let reply = try HTTPConnection(port: try Lab.port(variable), isChecked: isService)
            .send("GET", path, headers: headers)
        XCTAssertEqual(reply.status, 200, reply.text)
        return try JSONSerialization.jsonObject(with: Data(reply.body))
    }
}
