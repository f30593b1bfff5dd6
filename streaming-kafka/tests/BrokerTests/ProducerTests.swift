import CRdKafka
import LabTesting
import ServiceKit
import Synchronization
import XCTest

@testable import KafkaClient

final class ProducerTests: BrokerTestCase {
    /// Runs `body` with a producer on a loop of its own.
    private func withProducer(
        _ settings: KafkaSettings, isThere: Bool = true,
        _ body: @escaping @Sendable (KafkaProducer, EventLoop) async -> Void
    ) {
        let (loop, log, topic) = (EventLoop(), log, unique)
        loop.run {
            do {
                let producer = try KafkaProducer(on: loop, settings, topics: [topic], log: log)
                let isReachable = isThere ? Lab.eventually { producer.probe(milliseconds: 1000) } : false
                XCTAssertEqual(isReachable, isThere)
                await body(producer, loop)
                await producer.close(until: EventLoop.now() + 1_000_000_000)
            } catch {
                XCTFail("\(error)")
            }
        }
    }

    func testEachRecordIsReportedToWhoeverAwaitsIt() async throws {
        let outcomes = Mutex<[KafkaProducer.Outcome]>([])
        withProducer(settings) { producer, _ in
            await withTaskGroup(of: KafkaProducer.Outcome.self) { group in
                for index in 0..<200 {
                    let message = KafkaMessage(key: nil, value: Array("\(index)".utf8))
                    group.addTask { await producer.produce(message, to: 0) }
                }
                for await outcome in group { outcomes.withLock { $0.append(outcome) } }
            }
        }
        XCTAssertEqual(outcomes.withLock { $0 }, Array(repeating: .acknowledged, count: 200))
        let all = try await readAll()
        XCTAssertEqual(all, (0..<200).map { "\($0)" }.sorted())
    }

    func testASeriesReportsEveryIndexOnce() async throws {
        let indices = Mutex<[Int]>([])
        withProducer(settings) { producer, loop in
            let series = producer.beginSeries { acknowledged, failed in
                XCTAssertEqual(failed, 0)
                indices.withLock { $0 += acknowledged }
            }
            // From a thread of its own, as bulks do it.
            ServiceThread.start("series") {
                for index in 0..<3000 {
                    do {
                        let message = KafkaMessage(key: nil, value: Array("\(index)".utf8))
                        try producer.produce(message, to: 0, in: series, index: index)
                    } catch {
                        XCTFail("\(error)")
                    }
                }
            }
            let end = EventLoop.now() + 30_000_000_000
            while indices.withLock({ $0.count }) < 3000, EventLoop.now() < end { await loop.sleep(seconds: 0.01) }
            producer.endSeries(series)
        }
        XCTAssertEqual(indices.withLock { $0.sorted() }, Array(0..<3000))
        let all = try await readAll()
        XCTAssertEqual(all.count, 3000)
    }

    func testWithoutABrokerARecordIsRefusedAtOnce() {
        let start = EventLoop.now()
        withProducer(KafkaSettings(bootstrap: "127.0.0.1:1"), isThere: false) { producer, _ in
            XCTAssertFalse(producer.isAvailable)
            let outcome = await producer.produce(KafkaMessage(key: nil, value: [1]), to: 0)
            XCTAssertEqual(outcome, .unavailable)
        }
        XCTAssertLessThan(Double(EventLoop.now() - start) / 1e9, 30)
    }

    /// As where a broker has lost what it had acknowledged: `/ready` says it, instead of every order failing after its time.
    func testAProducerThatFailedForGoodIsNotAvailable() {
        withProducer(settings) { producer, _ in
            XCTAssertTrue(producer.isAvailable)
            let (lost, none) = (RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_NO_ERROR)
            XCTAssertEqual(rd_kafka_test_fatal_error(producer.handle.raw, lost, "made by a test"), none)
            XCTAssertFalse(producer.probe(milliseconds: 5000))
            XCTAssertFalse(producer.isAvailable)
            let outcome = await producer.produce(KafkaMessage(key: nil, value: [1]), to: 0)
            XCTAssertEqual(outcome, .unavailable)
        }
    }

    /// A topic has the partitions that the lab makes it with, not those that a broker likes.
    func testATopicIsMadeWithItsPartitionsThoughAProducerLooksAtItFirst() async throws {
        try XCTSkipUnless(kind == .kafka, "the embedded broker makes every topic with as many partitions as it likes")
        let topic = unique + "-later"
        try await onWorker {
            let producer = try KafkaProducer(on: worker.loop, settings, topics: [topic], log: log)
            for _ in 0..<5 { _ = producer.probe(milliseconds: 500) }
            let wanted = Cluster.Topic(topic, partitions: 3)
            _ = try await Cluster.prepare(settings, topics: [wanted], on: worker, log: log)
            await producer.close(until: 0)
            XCTAssertEqual(try makeReader().partitionCount(of: topic, milliseconds: 5000), 3)
        }
    }
}
