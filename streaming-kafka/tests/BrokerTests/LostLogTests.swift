import CRdKafka
import Foundation
import LabTesting
import OrderRecords
import ServiceKit
import XCTest

@testable import KafkaClient

/// What the lab's services do when the log that they rebuild their state from was trimmed, or made anew. On a real Kafka of
/// the lab's own, which has new topics afterwards.
final class LostLogTests: BrokerTestCase {
    private let topics = OrderTopics.all.map(\.name)
    private var isSetUp = false
    private var inventory: Process?

    override func setUp() async throws {
        try await super.setUp()
        try Lab.needOwnBroker()
        try needKafka()
        continueAfterFailure = false
        isSetUp = true
    }

    /// Whatever is left of it: new topics, and services that know nothing of the old ones.
    override func tearDown() async throws {
        if isSetUp {
            endInventory()
            for service in ["order", "inventory", "analytics"] { _ = try? Lab.run("kill", service) }
            try await delete(topics)
            for service in ["order", "inventory", "analytics"] { try Lab.run("start", service) }
        }
        try await super.tearDown()
    }

    // MARK: The broker

    private func delete(_ topics: [String]) async throws {
        try administrate { handle, queue in
            var wanted: [OpaquePointer?] = topics.map { rd_kafka_DeleteTopic_new($0) }
            rd_kafka_DeleteTopics(handle.raw, &wanted, wanted.count, nil, queue)
            for topic in wanted { rd_kafka_DeleteTopic_destroy(topic) }
        }
        try await onWorker {
            let reader = try makeConsumer(.reader(group: unique, topics: topics))
            for topic in topics {
                let isGone = try await eventually { try reader.partitionCount(of: topic, milliseconds: 5000) == 0 }
                XCTAssertTrue(isGone, topic)
            }
        }
    }

    /// Drops everything in a topic, as its retention does.
    private func trim(_ topic: String) throws {
        let ends = try makeReader().watermarks(OrderTopics.partitions(of: [topic]), milliseconds: 5000)
        let list = PartitionList(ends.mapValues(\.end))
        try administrate { handle, queue in
            var records = rd_kafka_DeleteRecords_new(list.raw)
            rd_kafka_DeleteRecords(handle.raw, &records, 1, nil, queue)
            rd_kafka_DeleteRecords_destroy(records)
        }
    }

    // MARK: The services

    private func ask(_ service: LabService, _ method: String, _ path: String, _ body: String? = nil) throws -> Answer {
        let reply = try HTTPConnection(port: service.port).send(method, path, body: body)
        return Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    /// Starts inventory in the place of the lab's own, which would be waited for until it is ready.
    private func restartInventory(_ environment: [String: String] = [:]) throws {
        endInventory()
        _ = try? Lab.run("stop", "inventory")
        inventory = try spawn("InventoryConsumer", for: .inventory, environment)
        XCTAssertTrue(Lab.eventually(within: 60) { (try? ask(.inventory, "GET", "/health").status) == 200 })
    }

    private func spawn(
        _ executable: String, for service: LabService, _ environment: [String: String] = [:]
    ) throws -> Process {
        try XCTSkipUnless(Lab.mode == "native", "the services are processes of this machine")
        let variables = ProcessInfo.processInfo.environment
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try XCTUnwrap(variables["LAB"])).deletingLastPathComponent()
            .appendingPathComponent(".build/release/\(executable)")
        process.environment = variables.merging(["PORT": "\(try service.port)"]) { $1 }.merging(environment) { $1 }
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private func endInventory() {
        inventory?.terminate()
        inventory?.waitUntilExit()
        inventory = nil
    }

    private func warnings(_ service: LabService) throws -> String {
        "\(try ask(service, "GET", "/ready").fields["warnings"] ?? "none")"
    }

    private func decideSome() throws {
        XCTAssertEqual(try ask(.order, "POST", "/orders/bulk", #"{"count":600}"#).status, 201)
        XCTAssertTrue(
            try Lab.eventually { try ask(.inventory, "GET", "/stats").number("processed_count") ?? 0 >= 600 })
        XCTAssertEqual(try ask(.inventory, "GET", "/stock").number("burger"), 0)
    }

    private func assertNothingIsDecided() throws {
        XCTAssertTrue(
            try Lab.eventually(within: 60) { try ask(.inventory, "GET", "/ready").text("status") == "misconfigured" })
        let detail = try ask(.inventory, "GET", "/ready").text("detail") ?? ""
        for part in ["inventory-events", "ALLOW_LOST_STATE=1"] { XCTAssertTrue(detail.contains(part), detail) }
        XCTAssertTrue(try warnings(.inventory).contains("lost records"))
        for path in ["/stock", "/stats"] {
            XCTAssertEqual(try ask(.inventory, "GET", path).status, 503)
            let answer = try ask(.inventory, "GET", path)
            XCTAssertEqual(answer.text("error"), "not_ready")
            XCTAssertTrue(answer.text("detail")?.contains("lost records") ?? false, "\(answer.fields)")
        }
        let order = try ask(.order, "POST", "/order", LabTestCase.body())
        XCTAssertEqual(order.status, 201)
        Thread.sleep(forTimeInterval: 1)
        XCTAssertEqual(try ask(.order, "GET", "/orders/\(order.text("order_id") ?? "")").text("status"), "placed")
    }

    private func assertItDecidesWhereItIsAllowedTo() throws {
        try restartInventory(["ALLOW_LOST_STATE": "1"])
        XCTAssertTrue(try Lab.eventually(within: 60) { try ask(.inventory, "GET", "/ready").status == 200 })
        XCTAssertTrue(try warnings(.inventory).contains("lost records"))
        XCTAssertEqual(try ask(.inventory, "GET", "/stock").status, 200)
    }

    /// The stock was 100 again, and every burger was sold twice.
    func testOutcomesThatWereTrimmedAreToldAndNothingIsDecided() throws {
        try decideSome()
        XCTAssertEqual(try warnings(.inventory), "none")
        try trim(OrderTopics.outcomes)
        try restartInventory()
        try assertNothingIsDecided()
        try assertItDecidesWhereItIsAllowedTo()
        for service in [LabService.order, .analytics] {
            try Lab.run("restart", service.rawValue)
            XCTAssertTrue(try warnings(service).contains("no longer has the first"), "\(service)")
        }
    }

    func testATopicOfOutcomesThatWasMadeAnewIsToldAndNothingIsDecided() async throws {
        try decideSome()
        for service in ["order", "inventory", "analytics"] { try Lab.run("stop", service) }
        try await delete([OrderTopics.outcomes])
        for service in [LabService.order, .analytics] {
            try Lab.run("start", service.rawValue)
            XCTAssertTrue(try warnings(service).contains("that were committed"), "\(service)")
        }
        try restartInventory()
        try assertNothingIsDecided()
        try assertItDecidesWhereItIsAllowedTo()
        // What is decided since does not make up for what was lost.
        XCTAssertEqual(try ask(.order, "POST", "/orders/bulk", #"{"count":900}"#).status, 201)
        XCTAssertTrue(
            try Lab.eventually { try ask(.inventory, "GET", "/stats").number("processed_count") ?? 0 >= 900 })
        try restartInventory()
        try assertNothingIsDecided()
    }

    /// Waiting does not help, and each service says what does; when that was done, they go on by themselves.
    func testATopicWithAnotherNumberOfPartitionsIsToldWithTheRemedy() async throws {
        for service in ["order", "inventory", "analytics"] { try Lab.run("stop", service) }
        try await delete(topics)
        let wrong = Cluster.Topic(OrderTopics.outcomes, partitions: 1)
        try await onWorker { _ = try await Cluster.prepare(settings, topics: [wrong], on: worker, log: log) }
        var processes: [Process] = []
        defer { for process in processes { process.terminate() } }
        for (service, name) in [
            (LabService.order, "ProducerOrder"), (.inventory, "InventoryConsumer"), (.analytics, "AnalyticsConsumer"),
        ] {
            processes.append(try spawn(name, for: service))
        }
        for service in [LabService.order, .inventory, .analytics] {
            let isTold = Lab.eventually(within: 60) {
                (try? ask(service, "GET", "/ready").text("status")) == "misconfigured"
            }
            XCTAssertTrue(isTold, "\(service)")
            let detail = try ask(service, "GET", "/ready").text("detail") ?? ""
            for part in ["inventory-events has 1 partition instead of 3", "delete it"] {
                XCTAssertTrue(detail.contains(part), "\(service): \(detail)")
            }
        }
        try await delete([OrderTopics.outcomes])
        for service in [LabService.order, .inventory, .analytics] {
            XCTAssertTrue(
                try Lab.eventually(within: 60) { try ask(service, "GET", "/ready").status == 200 }, "\(service)")
        }
        for process in processes {
            process.terminate()
            process.waitUntilExit()
        }
        processes = []
    }

    func testATopicThatMayDropRecordsIsWarnedOf() throws {
        try set(["retention.ms": "604800000"], of: OrderTopics.outcomes)
        for service in [LabService.order, .inventory, .analytics] {
            try Lab.run("restart", service.rawValue)
            let text = try warnings(service)
            for part in [OrderTopics.outcomes, "retention.ms=604800000", "retention.ms=-1"] {
                XCTAssertTrue(text.contains(part), "\(service): \(text)")
            }
        }
        try set([:], of: OrderTopics.outcomes)
    }
}
