import KafkaClient
import LabTesting
import ServiceKit
import XCTest

/// A consumer that takes what there is of its first topic before anything of its second one.
final class TopicTurnTests: BrokerTestCase {
    private var second: String { unique + "-second" }
    private var topics: [String] { [unique, second] }
    private let count = 600

    /// All partitions of both topics from their beginning.
    private func bothFromTheBeginning(_ consumer: KafkaConsumer) throws -> Offsets {
        var offsets: Offsets = [:]
        for topic in topics {
            for partition in 0..<(try consumer.partitionCount(of: topic, milliseconds: 5000)) {
                offsets[TopicPartition(topic, Int32(partition))] = 0
            }
        }
        return offsets
    }

    private func makeConsumer() throws -> KafkaConsumer {
        try makeConsumer(.reader(group: unique, topics: topics).topicsInTurn)
    }

    /// Sends so many records to both topics, those of the second one first.
    private func sendToBoth() async throws {
        let topic = Cluster.Topic(second, partitions: partitions, mayHaveMore: true)
        _ = try await Cluster.prepare(settings, topics: [topic], on: worker, log: log)
        for topic in topics.reversed() {
            let producer = try makeProducer(.reports, topics: [topic])
            try producer.begin()
            for index in 0..<count { try producer.produce(message("\(index)"), to: 0) }
            try await producer.flush(milliseconds: 10_000)
        }
    }

    /// Takes one record after the other until there were so many, and gives the topics that they came from, by index.
    private func takeOneByOne(_ consumer: KafkaConsumer, _ most: Int) async -> [Int] {
        let batch = consumer.makeBatch()
        defer { batch.clear() }
        var turns: [Int] = []
        _ = await eventually {
            while turns.count < most, consumer.take(batch, most: 1) > 0 {
                batch.forEach { if case .record(let record) = $0 { turns.append(record.topicIndex) } }
            }
            if turns.count < most { await consumer.wait(until: EventLoop.now() + 50_000_000) }
            return turns.count >= most
        }
        return turns
    }

    func testTheFirstTopicComesFirstFromTheBeginningAndAfterEachSeek() async throws {
        try await onWorker {
            try await sendToBoth()
            let consumer = try makeConsumer()
            let all = try bothFromTheBeginning(consumer)
            try await consumer.assign(all)
            for round in 0..<4 {
                // Both are fetched by then; only the first records may have come before that.
                let turns = await takeOneByOne(consumer, 2 * count)
                XCTAssertEqual(turns.filter { $0 == 0 }.count, count, "round \(round)")
                XCTAssertEqual(turns.count, 2 * count, "round \(round)")
                let early = turns.prefix(while: { $0 == 1 }).count
                if round > 0 { XCTAssertLessThan(early, count / 2, "round \(round)") }
                XCTAssertEqual(Set(turns.dropFirst(early).prefix(count)), [0], "round \(round)")
                try consumer.seek(all)
                await worker.pause(seconds: 0.3)
            }
        }
    }

    /// What was taken by the assignment before must not be left in a partition's own queue.
    func testNothingIsLeftBehindByAssignmentsThatFollowEachOther() async throws {
        try await onWorker {
            try await sendToBoth()
            let consumer = try makeConsumer()
            let all = try bothFromTheBeginning(consumer)
            for round in 0..<10 {
                try await consumer.assign(all)
                if round % 3 == 0 {
                    _ = await takeOneByOne(consumer, 7)
                    try await consumer.assign(all)
                }
                if round % 2 == 0 { try await consumer.assign(all) }
                let turns = await takeOneByOne(consumer, 2 * count)
                XCTAssertEqual(turns.count, 2 * count, "round \(round)")
            }
            try await sendToBoth()
            let later = await takeOneByOne(consumer, 2 * count)
            XCTAssertEqual(later.count, 2 * count, "what comes later finds its way")
        }
    }

    /// A consumer that has taken everything is woken by what comes to either topic.
    func testWhatComesToEitherTopicWakesWhoWaits() async throws {
        try await onWorker {
            try await sendToBoth()
            let consumer = try makeConsumer()
            try await consumer.assign(try bothFromTheBeginning(consumer))
            let all = await takeOneByOne(consumer, 2 * count)
            XCTAssertEqual(all.count, 2 * count)
            let batch = consumer.makeBatch()
            defer { batch.clear() }
            for topic in topics + topics {
                while consumer.take(batch, most: 100) > 0 {}
                let producer = try makeProducer(.reports, topics: [topic])
                try producer.begin()
                try producer.produce(message("late"), to: 0)
                try await producer.flush(milliseconds: 10_000)
                let start = EventLoop.now()
                var hasCome = false
                while !hasCome, EventLoop.now() < start + 10_000_000_000 {
                    if consumer.take(batch, most: 100) == 0 { await consumer.wait(until: start + 10_000_000_000) }
                    hasCome = batch.hasRecords
                }
                XCTAssertTrue(hasCome, topic)
                XCTAssertLessThan(Double(EventLoop.now() - start) / 1e9, 5, "it waited for its deadline")
            }
        }
    }
}
