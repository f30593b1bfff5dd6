import Foundation
import KafkaClient
import LabTesting
import ServiceKit
import XCTest

/// Tests that need a broker, told by `KAFKA_BOOTSTRAP`: skipped where there is no lab, failing where there is one without it.
///
/// Each makes a topic of its own, and groups and transactional identifiers of its own.
class BrokerTestCase: XCTestCase {
    let log = Logger(service: "test", level: .error)
    /// A name that no other test, and no run before, has used.
    private(set) var unique = "test-\(UUID().uuidString.lowercased())"
    /// How many partitions its topic has: the embedded broker makes a new one with as many as it likes.
    private(set) var partitions = 3
    /// Whether its readers have a queue for each topic.
    var takesTopicsInTurn = false
    private(set) var settings = KafkaSettings(bootstrap: "127.0.0.1:1")
    private(set) var kind = Cluster.Kind.embedded

    override func setUpWithError() throws {
        guard let bootstrap = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP"] else {
            guard Lab.isUp else { throw XCTSkip("no broker: run tests/run_tests.sh, or set KAFKA_BOOTSTRAP") }
            return XCTFail("the lab is up, but KAFKA_BOOTSTRAP is missing")
        }
        settings = KafkaSettings(bootstrap: bootstrap)
        let topic = Cluster.Topic(unique, partitions: partitions, mayHaveMore: true)
        kind = try Cluster.prepare(settings, topics: [topic], log: log)
        partitions = try makeReader().partitionCount(of: unique, milliseconds: 5000)
        XCTAssertGreaterThanOrEqual(partitions, 3)
    }

    /// Goes on with another topic, as if this were another test.
    func beginAnew() throws {
        unique = "test-\(UUID().uuidString.lowercased())"
        try setUpWithError()
    }

    /// What only a real Kafka can show.
    func needKafka() throws {
        guard kind == .kafka else { throw XCTSkip("the embedded broker has no transactions and no fencing") }
    }

    /// The partitions of the test's topic, all from their beginning.
    var beginning: Offsets {
        Dictionary(
            uniqueKeysWithValues: (0..<Int32(partitions)).map { (TopicPartition(unique, $0), Int64(0)) })
    }

    /// A consumer of the test's topic that reads the partitions it chooses, closed at the end.
    func makeReader(group: String? = nil) throws -> KafkaConsumer {
        let role = KafkaConsumer.Role.reader(group: group ?? unique, topics: [unique])
        let consumer = try KafkaConsumer(takesTopicsInTurn ? role.topicsInTurn : role, settings, log: log)
        addTeardownBlock { consumer.close() }
        return consumer
    }

    /// A producer of batches, destroyed at the end.
    func makeProducer(_ mode: BatchProducer.Mode) throws -> BatchProducer {
        let producer = try BatchProducer(mode, settings, topics: [unique], log: log)
        addTeardownBlock { producer.destroy() }
        return producer
    }

    /// Gets a transactional producer to work, as the inventory does.
    func initialize(_ producer: BatchProducer) throws {
        XCTAssertTrue(
            try Lab.eventually {
                do {
                    try producer.initialize(milliseconds: 1000)
                    return true
                } catch let error as KafkaError where error.isRetriable {
                    return false
                }
            })
    }

    /// Sends values, keyed by themselves, and waits until they are there.
    func send(_ values: [String], with producer: BatchProducer? = nil) throws {
        let producer = try producer ?? makeProducer(.reports)
        try producer.begin()
        for value in values { try producer.produce(message(value), to: 0) }
        try producer.commit([:], of: try makeReader(), milliseconds: 10_000)
    }

    func message(_ value: String) -> KafkaMessage { KafkaMessage(key: Array(value.utf8), value: Array(value.utf8)) }

    /// Every value in the topic, as a reader of committed records sees it, sorted.
    func readAll() throws -> [String] {
        var values: [String] = []
        let consumer = try KafkaConsumer(.reader(group: unique + "-all", topics: [unique]), settings, log: log)
        defer { consumer.close() }
        _ = try LogReplay.read([unique], with: consumer, goesOn: { true }) { values.append(text($0)) }
        return values.sorted()
    }

    func text(_ record: KafkaRecord) -> String { String(decoding: record.value ?? [], as: UTF8.self) }

    /// Takes elements until `isDone` says so of what came so far.
    func take(from consumer: KafkaConsumer, _ each: (KafkaBatch.Element) -> Void, until isDone: () -> Bool) -> Bool {
        let batch = consumer.makeBatch()
        defer { batch.clear() }
        let mailbox = Mailbox<Void>()
        return Lab.eventually {
            while consumer.take(batch, most: 100) > 0 { batch.forEach(each) }
            if !isDone() { consumer.wait(mailbox, until: EventLoop.now() + 50_000_000) }
            return isDone()
        }
    }
}
