import Foundation
import LabTesting
import OrderRecords
import ServiceKit
import XCTest

@testable import KafkaClient

extension LabService {
    static let order: LabService = "order"
    static let inventory: LabService = "inventory"
    static let analytics: LabService = "analytics"
}

/// Tests that need a broker, told by `KAFKA_BOOTSTRAP`: skipped if there is no lab, failing if there is one without it.
///
/// Each makes a topic of its own, and groups and transactional identifiers of its own. What belongs to a worker is done within
/// ``onWorker(_:)``.
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
    private var thread: TestWorker?

    override func setUp() async throws {
        guard let bootstrap = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP"] else {
            guard Lab.isUp else { throw XCTSkip("no broker: run tests/run_tests.sh, or set KAFKA_BOOTSTRAP") }
            return XCTFail("the lab is up, but KAFKA_BOOTSTRAP is missing")
        }
        settings = KafkaSettings(bootstrap: bootstrap)
        thread = thread ?? TestWorker()
        try await onWorker {
            let topic = Cluster.Topic(unique, partitions: partitions, mayHaveMore: true)
            kind = try await Cluster.prepare(settings, topics: [topic], on: worker, log: log)
            partitions = try makeReader().partitionCount(of: unique, milliseconds: 5000)
        }
        XCTAssertGreaterThanOrEqual(partitions, 3)
    }

    override func tearDown() async throws {
        await thread?.end()
        thread = nil
    }

    /// The worker that the test's consumers and producers belong to.
    var worker: Worker { thread!.worker }

    /// Runs `body` on the worker's thread.
    func onWorker<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        try await thread!.run(body)
    }

    /// Goes on with another topic, as if this were another test.
    func beginAnew() async throws {
        unique = "test-\(UUID().uuidString.lowercased())"
        try await setUp()
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

    /// A consumer, closed at the end.
    func makeConsumer(_ role: KafkaConsumer.Role, _ settings: KafkaSettings? = nil) throws -> KafkaConsumer {
        let consumer = try KafkaConsumer(role, settings ?? self.settings, on: worker, log: log)
        thread?.atEnd { await consumer.close(seconds: 5) }
        return consumer
    }

    /// A consumer of the test's topic that reads the partitions it chooses, closed at the end.
    func makeReader(group: String? = nil) throws -> KafkaConsumer {
        let role = KafkaConsumer.Role.reader(group: group ?? unique, topics: [unique])
        return try makeConsumer(takesTopicsInTurn ? role.topicsInTurn : role)
    }

    /// A producer of batches, destroyed at the end.
    func makeProducer(_ mode: BatchProducer.Mode, topics: [String]? = nil) throws -> BatchProducer {
        let producer = try BatchProducer(mode, settings, topics: topics ?? [unique], on: worker, log: log)
        thread?.atEnd { producer.destroy() }
        return producer
    }

    /// Gets a transactional producer to work, as the inventory does.
    func initialize(_ producer: BatchProducer) async throws {
        let isDone = try await eventually {
            do {
                try await producer.initialize(milliseconds: 1000)
                return true
            } catch let error as KafkaError where error.isRetriable {
                return false
            }
        }
        XCTAssertTrue(isDone)
    }

    /// Sends values, keyed by themselves, and waits until they are there.
    func send(_ values: [String], with producer: BatchProducer? = nil) async throws {
        try await onWorker {
            let producer = try producer ?? makeProducer(.reports)
            try producer.begin()
            for value in values { try producer.produce(message(value), to: 0) }
            try await producer.commit([:], of: try makeReader(), milliseconds: 10_000)
        }
    }

    func message(_ value: String) -> KafkaMessage { KafkaMessage(key: Array(value.utf8), value: Array(value.utf8)) }

    /// Every value in the topic, as a reader of committed records sees it, sorted.
    func readAll() async throws -> [String] {
        try await onWorker {
            var values: [String] = []
            let consumer = try makeConsumer(.reader(group: unique + "-all", topics: [unique]))
            _ = try await LogReplay.read([unique], with: consumer) { values.append(text($0)) }
            return values.sorted()
        }
    }

    func text(_ record: KafkaRecord) -> String { String(decoding: record.value ?? [], as: UTF8.self) }

    /// Takes elements until `isDone` says so of what came so far.
    func take(
        from consumer: KafkaConsumer, _ each: (KafkaBatch.Element) -> Void, until isDone: () -> Bool
    ) async -> Bool {
        let batch = consumer.makeBatch()
        defer { batch.clear() }
        return await eventually {
            while consumer.take(batch, most: 100) > 0 { batch.forEach(each) }
            if !isDone() { await consumer.wait(until: EventLoop.now() + 50_000_000) }
            return isDone()
        }
    }

    /// Asks again and again, until the answer is `true` or the time is over. Within ``onWorker(_:)``.
    ///
    /// - Returns: whether it ever was.
    func eventually(within seconds: Double = 30, _ condition: () async throws -> Bool) async rethrows -> Bool {
        let end = EventLoop.now() + EventLoop.Nanoseconds(seconds * 1e9)
        repeat {
            if try await condition() { return true }
            await worker.pause(seconds: 0.02)
        } while EventLoop.now() < end
        return false
    }

    /// What is thrown, as ``KafkaError``; `nil` if it is nothing, or another error, which fails the test.
    func thrown(_ body: () async throws -> Void) async -> KafkaError? {
        do {
            try await body()
            return nil
        } catch {
            XCTAssertTrue(error is KafkaError, "\(error)")
            return error as? KafkaError
        }
    }
}

/// A worker whose thread does what a test's own task asks of it.
///
/// `@unchecked Sendable`: belongs to the test, whose steps follow each other.
private final class TestWorker: @unchecked Sendable {
    let worker = Worker("test")
    private let isOver: Promise<Void>
    private var last: [() async -> Void] = []

    init() {
        let isOver = Promise<Void>(on: worker.loop)
        self.isOver = isOver
        worker.start { _ in _ = await isOver.value(until: .max) }
    }

    /// Has something done before the thread ends, the last one first.
    func atEnd(_ call: @escaping () async -> Void) { last.append(call) }

    func end() async {
        await run { for call in last.reversed() { await call() } }
        last = []
        isOver.fulfil(())
    }

    /// Runs `body` on the thread.
    func run<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        try await withTaskExecutorPreference(worker.loop) {
            // A preference counts from the next suspension on.
            if !worker.loop.isOnLoop { await Task.yield() }
            worker.loop.preconditionOnLoop()
            return try await body()
        }
    }
}
