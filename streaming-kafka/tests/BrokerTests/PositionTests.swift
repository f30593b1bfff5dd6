import KafkaClient
import LabTesting
import ServiceKit
import XCTest

/// Moving within an assignment.
final class PositionTests: BrokerTestCase {
    private let values = (0..<500).map { "value-\($0)" }

    func testASeekToTheBeginningBringsEveryRecordOnceMoreInOrder() async throws {
        try await onWorker {
            try await send(values)
            let reading = try makeReading()
            try await reading.consumer.assign(beginning)
            for round in 0..<20 {
                // Fetched, and some of it taken: the rest must not come later. In the first round nothing was fetched yet.
                if round > 0 { await reading.take(most: 10 * round) }
                try reading.consumer.seek(beginning)
                reading.expect(beginning)
                await assertReadAll(reading, "round \(round)")
            }
        }
    }

    func testASeekMovesItsPartitionOnly() async throws {
        try await onWorker {
            try await send(values)
            let reading = try makeReading()
            try await reading.consumer.assign(beginning)
            let place = TopicPartition(unique, 1)
            let length = try XCTUnwrap(reading.ends[place])
            XCTAssertGreaterThan(length, 20)
            await reading.take(most: 50)
            try reading.consumer.seek([place: length - 7])
            reading.expect([place: length - 7])
            await assertReadAll(reading)
            let count = reading.count
            try reading.consumer.seek([place: length - 20])
            reading.expect([place: length - 20])
            await assertReadAll(reading)
            XCTAssertEqual(reading.count, count + 20, "nothing of another partition")
            // Behind its end a partition is read from its first record on, as the settings have it.
            try reading.consumer.seek([place: length + 1_000])
            reading.expect([place: 0])
            await assertReadAll(reading)
            XCTAssertEqual(reading.count, count + 20 + Int(length))
        }
    }

    /// librdkafka begins with a partition when the group's offset is known, and cannot seek in it before.
    func testASeekRightAfterTheGroupsAssignmentWaitsForItsOffsets() async throws {
        try await onWorker {
            try await send(values)
            let consumer = try makeMember()
            try consumer.commit(beginning.mapValues { _ in 7 }, waits: true)
            let reading = try makeReading(by: consumer)
            try consumer.subscribe()
            let batch = consumer.makeBatch()
            XCTAssertTrue(
                Lab.eventually {
                    consumer.take(batch, most: 1)
                    return !consumer.assignment.isEmpty
                })
            batch.clear()
            try consumer.seek(beginning)
            await assertReadAll(reading)
            XCTAssertEqual(reading.count, values.count)
        }
    }

    func testTheGroupsNextAssignmentBeginsWhereItIsTold() async throws {
        try await onWorker {
            try await send(values)
            let consumer = try makeMember()
            let reading = try makeReading(by: consumer)
            var revocations = 0
            consumer.startOffsets = { _ in self.beginning }
            consumer.revoked = { _ in revocations += 1 }
            try consumer.subscribe()
            await assertReadAll(reading)
            // Joins once more.
            try consumer.subscribe()
            reading.expect(beginning)
            await assertReadAll(reading)
            XCTAssertEqual(revocations, 1)
        }
    }

    func testWhatIsNotAssignedCannotBeMovedIn() async throws {
        try await onWorker {
            try await send(values)
            let reading = try makeReading()
            let (mine, other) = (TopicPartition(unique, 0), TopicPartition(unique, 1))
            try await reading.consumer.assign([mine: 0])
            reading.ends = reading.ends.filter { $0.key == mine }
            reading.expect([mine: 0])
            XCTAssertThrowsError(try reading.consumer.seek([mine: 0, other: 0], milliseconds: 500))
            await assertReadAll(reading)
            // Nor is anything read again.
            await reading.takeForAWhile()
        }
    }

    private func makeMember() throws -> KafkaConsumer {
        let role = KafkaConsumer.Role.member(of: unique, topics: [unique])
        return try makeConsumer(takesTopicsInTurn ? role.topicsInTurn : role)
    }

    /// Queues of its own must change nothing of all this.
    func testTheSameHoldsWhereTopicsAreTakenInTurn() async throws {
        try await onWorker {
            takesTopicsInTurn = true
            for test in [
                testASeekToTheBeginningBringsEveryRecordOnceMoreInOrder, testASeekMovesItsPartitionOnly,
                testASeekRightAfterTheGroupsAssignmentWaitsForItsOffsets,
                testTheGroupsNextAssignmentBeginsWhereItIsTold, testWhatIsNotAssignedCannotBeMovedIn,
            ] {
                try await beginAnew()
                try await test()
            }
        }
    }

    private func assertReadAll(_ reading: Reading, _ message: String = "", line: UInt = #line) async {
        let isComplete = await reading.readAll()
        XCTAssertTrue(isComplete, message, line: line)
    }

    private func makeReading(by consumer: KafkaConsumer? = nil) throws -> Reading {
        try Reading(by: try consumer ?? makeReader(), beginning)
    }
}

/// What a consumer brings, checked record by record: each partition's in order, with none left out and none twice.
private final class Reading {
    let consumer: KafkaConsumer
    /// Where each partition must go on.
    private(set) var next: Offsets
    /// Where each partition that is to be read ends.
    var ends: Offsets = [:]
    /// How many records came.
    private(set) var count = 0
    private let batch: KafkaBatch

    init(by consumer: KafkaConsumer, _ start: Offsets) throws {
        self.consumer = consumer
        next = start
        batch = consumer.makeBatch()
        try lookForEnds()
    }

    func lookForEnds() throws {
        ends = try consumer.watermarks(Array(next.keys), milliseconds: 5000).mapValues(\.end)
    }

    /// Some partitions must go on elsewhere from here on.
    func expect(_ offsets: Offsets) { next.merge(offsets) { $1 } }

    /// Takes what is there, and waits for a moment where that is nothing.
    func take(most: Int) async {
        if consumer.take(batch, most: most) == 0 { await consumer.wait(until: EventLoop.now() + 20_000_000) }
        batch.forEach { element in
            switch element {
            case .record(let record):
                guard let place = next.keys.first(where: { $0.partition == record.partition }) else {
                    return XCTFail("a record of partition \(record.partition)")
                }
                XCTAssertEqual(record.offset, next[place], "of \(place)")
                next[place] = record.offset + 1
                count += 1
            case .endOfPartition(let place, let offset): XCTAssertEqual(offset, next[place], "the end of \(place)")
            case .error(let error): XCTFail("\(error)")
            }
        }
        batch.clear()
    }

    /// Time enough for what must not come.
    func takeForAWhile() async {
        let end = EventLoop.now() + 500_000_000
        while EventLoop.now() < end { await take(most: 100) }
    }

    /// Reads on until every partition has come to its end.
    func readAll() async -> Bool {
        let deadline = EventLoop.now() + 30_000_000_000
        while EventLoop.now() < deadline {
            if ends.allSatisfy({ next[$0.key] == $0.value }) { return true }
            await take(most: 100)
        }
        return false
    }
}
