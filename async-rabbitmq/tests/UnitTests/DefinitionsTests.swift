import Foundation
import Journal
import OrderMessages
import XCTest

@testable import AMQPClient

/// What the broker loads and what the services declare must be the same, or the second one to come gets a 406.
final class DefinitionsTests: XCTestCase {
    private func definitions() throws -> [String: Any] {
        let part = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let data = try Data(contentsOf: part.appending(path: "broker/definitions.json"))
        return try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func entries(_ name: String) throws -> [[String: Any]] {
        try XCTUnwrap(try definitions()[name] as? [[String: Any]], name)
    }

    func testExchangesAreTheSame() throws {
        let loaded = try entries("exchanges").map { "\($0["name"] ?? "") \($0["type"] ?? "") \($0["durable"] ?? "")" }
        XCTAssertEqual(Set(loaded), Set(OrderTopology.all.exchanges.map { "\($0.name) \($0.type) 1" }))
    }

    func testQueuesAreTheSame() throws {
        var loaded: [String: [String: String]] = [:]
        for queue in try entries("queues") {
            let arguments = try XCTUnwrap(queue["arguments"] as? [String: Any])
            loaded[try XCTUnwrap(queue["name"] as? String)] = arguments.mapValues { "\($0)" }
        }
        var declared: [String: [String: String]] = [:]
        for queue in OrderTopology.all.queues {
            declared[queue.name] = Dictionary(
                uniqueKeysWithValues: queue.arguments.map { argument in
                    switch argument.value {
                    case .text(let text): (argument.name, text)
                    case .integer(let number): (argument.name, "\(number)")
                    }
                })
        }
        XCTAssertEqual(loaded, declared)
    }

    func testBindingsAreTheSame() throws {
        let loaded = try entries("bindings").map {
            "\($0["source"] ?? "") \($0["routing_key"] ?? "") \($0["destination"] ?? "")"
        }
        XCTAssertEqual(Set(loaded), Set(OrderTopology.all.bindings.map { "\($0.exchange) \($0.key) \($0.queue)" }))
    }

    /// Only its writer publishes to a journal: what is bound to it would come between the records.
    func testNothingIsBoundToAJournalOrALease() {
        let bound = Set(OrderTopology.all.bindings.map(\.queue))
        for queue in OrderTopology.all.queues where queue.name.hasSuffix("_log") || queue.name.hasSuffix("_lease") {
            XCTAssertFalse(bound.contains(queue.name), queue.name)
        }
    }

    func testEachServiceKnowsTheJournalsOfTheOthers() {
        let journals = [
            OrderTopology.orderJournal, OrderTopology.inventoryJournal, OrderTopology.notificationJournal,
        ]
        for journal in journals {
            let names = OrderTopology.names(journal: journal, lease: "lease", queue: "queue")
            XCTAssertEqual([names.journal, names.lease, names.queue], [journal, "lease", "queue"])
            XCTAssertEqual(Set(names.others), Set(journals).subtracting([journal]))
            XCTAssertEqual(names.others.count, 2)
            XCTAssertEqual(names.topology.queues.map(\.name), OrderTopology.all.queues.map(\.name))
        }
    }
}
