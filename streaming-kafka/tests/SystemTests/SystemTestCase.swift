import Foundation
import LabTesting
import XCTest

extension LabService {
    static let order: LabService = "order"
    static let inventory: LabService = "inventory"
    static let analytics: LabService = "analytics"
}

/// A test against Part C's services and their broker, whichever of the three kinds that is.
///
/// A log cannot be emptied, so tests do not begin with an empty one: they look at differences, and each that counts stock
/// orders an item of its own.
class SystemTestCase: LabTestCase {
    override var part: LabPart? {
        LabPart([.order, .inventory, .analytics], orders: .order, stock: .inventory)
    }
    /// Another test's item in stock is in nobody's way.
    override var isRestoredAfterwards: Bool { false }

    /// Restarts InventoryConsumer with `count` of a new item in stock.
    func newItem(_ count: Int) throws -> String {
        let item = "item-\(UUID().uuidString.lowercased())"
        try Lab.run("restart", "inventory", environment: ["STOCK": "\(item)=\(count)"])
        return item
    }

    func bulk(_ count: Int, _ item: String? = nil, quantity: Int = 1, line: UInt = #line) throws -> Answer {
        let field = item.map { ",\"item\":\"\($0)\"" } ?? ""
        let body = "{\"count\":\(count),\"quantity\":\(quantity)\(field)}"
        let answer = try ask(.order, "POST", "/orders/bulk", body)
        XCTAssertEqual(answer.status, 201, "\(answer.fields)", line: line)
        return answer
    }

    // MARK: Metrics

    func metrics() throws -> [String: Any] {
        let answer = try ask(.analytics, "GET", "/metrics")
        XCTAssertEqual(answer.status, 200)
        return answer.fields
    }

    func metric(_ name: String) throws -> Int { try XCTUnwrap(try metrics()[name] as? Int, name) }

    func stats(_ name: String) throws -> Int {
        try XCTUnwrap(try ask(.inventory, "GET", "/stats").number(name), name)
    }

    /// Waits until InventoryConsumer shows a number in `/stats`.
    ///
    /// It shows a batch once the commit has returned. Others can read the batch's outcomes a moment earlier.
    func assertStats(_ name: String, _ expected: Int, _ message: String = "", line: UInt = #line) throws {
        _ = try Lab.eventually { try stats(name) == expected }
        XCTAssertEqual(try stats(name), expected, message, line: line)
    }

    /// Waits until InventoryConsumer shows what is left of an item. It does so as late as ``assertStats(_:_:_:line:)`` says.
    func assertStock(_ item: String, _ expected: Int, line: UInt = #line) throws {
        _ = try Lab.eventually { try stock(item) == expected }
        XCTAssertEqual(try stock(item), expected, line: line)
    }

    func lag(_ group: String) throws -> Int { try XCTUnwrap(try knownLag(group), group) }

    /// `nil` where the broker does not tell, as in the first moments after its start.
    func knownLag(_ group: String) throws -> Int? {
        let groups = try ask(.analytics, "GET", "/lag").fields["groups"] as? [String: Any]
        return (groups?[group] as? [String: Any])?["total_lag"] as? Int
    }

    /// Waits until analytics has counted so many orders, and an outcome for each.
    func assertCounted(_ orders: Int, line: UInt = #line) throws {
        let isSo = try Lab.eventually(within: 120) {
            try metric("total_orders") == orders && metric("total_inventory_events") == orders
        }
        if !isSo { XCTFail("not \(orders): \(try metrics())", line: line) }
    }

    /// How many orders analytics has counted, once it has caught up with all that was produced.
    func settledCount() throws -> Int {
        let produced = try orders().count
        try assertCounted(produced)
        return produced
    }

    func awaitReady(line: UInt = #line) throws {
        for service in services {
            let isReady = try Lab.eventually(within: 90) { try ask(service, "GET", "/ready").status == 200 }
            if !isReady { XCTFail("\(service): \(try ask(service, "GET", "/ready").fields)", line: line) }
        }
    }
}
