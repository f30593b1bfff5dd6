import KafkaClient
import ServiceKit
import XCTest

final class ConsumerTests: BrokerTestCase {
    private let values = (0..<500).map { "value-\($0)" }

    func testAReplayReadsEverythingUpToTheEndOfEveryPartition() async throws {
        try await onWorker {
            let before = try await readAll()
            XCTAssertEqual(before, [], "an empty topic has an end too")
            try await send(values)
            let after = try await readAll()
            XCTAssertEqual(after, values.sorted())
        }
    }

    func testTheEndOfAPartitionComesBehindItsRecords() async throws {
        try await onWorker {
            try await send(values)
            let consumer = try makeReader()
            try await consumer.assign(beginning)
            var next: Offsets = [:]
            var ends: Offsets = [:]
            var records = 0
            let isComplete = await take(
                from: consumer,
                { element in
                    switch element {
                    case .record(let record):
                        let place = TopicPartition(self.unique, record.partition)
                        XCTAssertNil(ends[place], "a record behind the end")
                        next[place] = record.offset + 1
                        records += 1
                    case .endOfPartition(let place, let offset):
                        ends[place] = offset
                    case .error(let error): XCTFail("\(error)")
                    }
                }, until: { ends.count == self.partitions })
            XCTAssertTrue(isComplete)
            XCTAssertEqual(records, values.count)
            for (place, end) in ends { XCTAssertEqual(next[place] ?? 0, end) }
        }
    }

    /// What `/admin/reset-offsets` rests on: nothing that was fetched before comes after.
    func testAnAssignmentFromTheBeginningBringsEveryRecordOnceMoreInOrder() async throws {
        try await onWorker {
            try await send(values)
            let consumer = try makeReader()
            for _ in 0..<20 {
                try await consumer.assign(beginning)
                let batch = consumer.makeBatch()
                // Fetched, and some of it taken: the rest must not come later.
                consumer.take(batch, most: Int.random(in: 1...200))
                batch.clear()
                try await consumer.assign(beginning)
                var next: Offsets = [:]
                var count = 0
                let isComplete = await take(
                    from: consumer,
                    { element in
                        guard case .record(let record) = element else { return }
                        let place = TopicPartition(self.unique, record.partition)
                        XCTAssertEqual(record.offset, next[place] ?? 0)
                        next[place] = record.offset + 1
                        count += 1
                    }, until: { count >= self.values.count })
                XCTAssertTrue(isComplete)
                XCTAssertEqual(count, values.count)
            }
        }
    }

    func testAGroupsOffsetsAreSeenFromOutside() async throws {
        try await onWorker {
            try await send(values)
            let consumer = try makeReader()
            let places = Array(beginning.keys)
            XCTAssertEqual(try consumer.committed(places, milliseconds: 5000), [:])
            try consumer.commit([TopicPartition(unique, 1): 7], waits: true)
            let other = try makeReader(group: unique)
            XCTAssertEqual(try other.committed(places, milliseconds: 5000), [TopicPartition(unique, 1): 7])
            let marks = try other.watermarks(places, milliseconds: 5000)
            XCTAssertEqual(marks.values.reduce(0) { $0 + $1.end }, 500)
        }
    }

    /// A replay goes back, and the group's lag shows it.
    func testALowerOffsetCanBeCommitted() async throws {
        try await onWorker {
            let consumer = try makeReader()
            let place = TopicPartition(unique, 0)
            try consumer.commit([place: 7], waits: true)
            try consumer.commit([place: 3], waits: true)
            XCTAssertEqual(try consumer.committed([place], milliseconds: 5000), [place: 3])
        }
    }

    /// At rest no further commit would make up for it.
    func testACommitThatWasNotWaitedForTellsThatItFailed() async throws {
        try await onWorker {
            let consumer = try makeReader()
            let place = TopicPartition(unique, 0)
            XCTAssertNil(consumer.takeCommitFailure())
            try consumer.commit([TopicPartition(unique, 99): 7], waits: false)
            var failure: KafkaError?
            let isTold = await take(
                from: consumer, { _ in },
                until: {
                    failure = failure ?? consumer.takeCommitFailure()
                    return failure != nil
                })
            XCTAssertTrue(isTold)
            XCTAssertNil(consumer.takeCommitFailure(), "it is told once")
            try consumer.commit([place: 7], waits: true)
            XCTAssertEqual(try consumer.committed([place], milliseconds: 5000), [place: 7])
        }
    }

    func testATombstoneAHeaderAndAnEmptyValueAreToldApart() async throws {
        try await onWorker {
            let producer = try makeProducer(.reports)
            try producer.begin()
            try producer.produce(KafkaMessage(key: [1], value: nil, headers: [("name", [65]), ("name", [66])]), to: 0)
            try producer.produce(KafkaMessage(key: [1], value: []), to: 0)
            try producer.produce(KafkaMessage(key: nil, value: [67]), to: 0)
            try await producer.commit([:], of: try makeReader(), milliseconds: 10_000)
            let consumer = try makeReader()
            var found: [String] = []
            _ = try await LogReplay.read([unique], with: consumer) { record in
                XCTAssertGreaterThan(record.timestamp, 1.6e9)
                found.append(
                    "\(record.key ?? []) \(record.value.map { "\($0)" } ?? "nil") \(record.header("name") ?? [])")
            }
            XCTAssertEqual(found.sorted(), ["[1] [] []", "[1] nil [66]", "[] [67] []"])
        }
    }

    func testAReplayGivesUpWhenItsWorkerMustStop() async throws {
        try await onWorker {
            let consumer = try makeReader()
            worker.beginStopping()
            let error = await thrown { _ = try await LogReplay.read([unique], with: consumer) { _ in } }
            XCTAssertNotNil(error)
        }
    }

    func testABrokerThatIsNotThereIsToldAsRetriable() async throws {
        try await onWorker {
            let nowhere = KafkaSettings(bootstrap: "127.0.0.1:1")
            let consumer = try makeConsumer(.reader(group: unique, topics: [unique]), nowhere)
            XCTAssertFalse(consumer.isReachable(milliseconds: 200))
            XCTAssertThrowsError(try consumer.partitionCount(of: unique, milliseconds: 200)) { error in
                XCTAssertEqual((error as? KafkaError)?.isRetriable, true)
            }
            XCTAssertTrue(try makeReader().isReachable(milliseconds: 5000))
        }
    }
}
