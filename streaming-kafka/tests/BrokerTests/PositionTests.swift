import KafkaClient
import LabTesting
import ServiceKit
import XCTest

/// Moving within an assignment, and holding parts of it back.
final class PositionTests: BrokerTestCase {
    private let values = (0..<500).map { "value-\($0)" }

    func testASeekToTheBeginningBringsEveryRecordOnceMoreInOrder() throws {
        try send(values)
        let reading = try makeReading()
        try reading.consumer.assign(beginning)
        for round in 0..<20 {
            // Fetched, and some of it taken: the rest must not come later. In the first round nothing was fetched yet.
            if round > 0 { reading.take(most: 10 * round) }
            try reading.consumer.seek(beginning)
            reading.expect(beginning)
            XCTAssertTrue(reading.readAll(), "round \(round)")
        }
    }

    func testASeekMovesItsPartitionOnly() throws {
        try send(values)
        let reading = try makeReading()
        try reading.consumer.assign(beginning)
        let place = TopicPartition(unique, 1)
        let length = try XCTUnwrap(reading.ends[place])
        XCTAssertGreaterThan(length, 20)
        reading.take(most: 50)
        try reading.consumer.seek([place: length - 7])
        reading.expect([place: length - 7])
        XCTAssertTrue(reading.readAll())
        let count = reading.count
        try reading.consumer.seek([place: length - 20])
        reading.expect([place: length - 20])
        XCTAssertTrue(reading.readAll())
        XCTAssertEqual(reading.count, count + 20, "nothing of another partition")
        // Behind its end a partition is read from its first record on, as the settings have it.
        try reading.consumer.seek([place: length + 1_000])
        reading.expect([place: 0])
        XCTAssertTrue(reading.readAll())
        XCTAssertEqual(reading.count, count + 20 + Int(length))
    }

    func testAPausedPartitionGivesNothingAndTheOthersGoOn() throws {
        try send(values)
        let reading = try makeReading()
        let place = TopicPartition(unique, 1)
        try reading.consumer.assign(beginning)
        try reading.consumer.pause([place])
        XCTAssertEqual(reading.consumer.paused, [place])
        XCTAssertTrue(reading.readAll(but: [place]))
        reading.takeForAWhile()
        XCTAssertEqual(reading.next[place], 0)
        try reading.consumer.pause([place])
        try reading.consumer.resume([place])
        XCTAssertEqual(reading.consumer.paused, [])
        XCTAssertTrue(reading.readAll())
        // What comes at the end finds its way too.
        try reading.consumer.pause([place])
        try send(values)
        try reading.lookForEnds()
        XCTAssertTrue(reading.readAll(but: [place]))
        reading.takeForAWhile()
        XCTAssertEqual(reading.next[place].map { $0 * 2 }, reading.ends[place])
        try reading.consumer.resume([place])
        XCTAssertTrue(reading.readAll())
    }

    /// The call that takes many records at once skipped some of a paused partition up to librdkafka 2.1.0.
    func testHoweverOftenPartitionsArePausedNothingIsSkippedOrComesTwice() throws {
        try send(values)
        let reading = try makeReading()
        let places = beginning.keys.sorted { $0.partition < $1.partition }
        for round in 1...20 {
            try reading.consumer.assign(beginning)
            reading.expect(beginning)
            var step = 0
            let isComplete = try reading.readAll {
                step += 1
                reading.take(most: (7 * round + 13 * step) % 40 + 1)
                let chosen = places.filter { step >> ($0.partition % 3) & 1 == 1 }
                try reading.consumer.pause(Set(chosen))
                reading.take(most: (5 * round + 11 * step) % 20 + 1)
                try reading.consumer.resume(Set(places))
                if step % 3 == 0 { reading.take(most: 1) }
            }
            XCTAssertTrue(isComplete, "round \(round)")
        }
        XCTAssertEqual(reading.count, 20 * values.count)
    }

    func testASeekWhilePausedIsWhereItGoesOn() throws {
        try send(values)
        let reading = try makeReading()
        let place = TopicPartition(unique, 1)
        let length = try XCTUnwrap(reading.ends[place])
        try reading.consumer.assign(beginning)
        XCTAssertTrue(reading.readAll())
        try reading.consumer.pause([place])
        try reading.consumer.seek([place: 3])
        reading.expect([place: 3])
        reading.takeForAWhile()
        XCTAssertEqual(reading.count, values.count, "a seek ends no pause")
        try reading.consumer.resume([place])
        XCTAssertTrue(reading.readAll())
        XCTAssertEqual(reading.count, values.count + Int(length) - 3)
    }

    func testAnAssignmentEndsAPause() throws {
        try send(values)
        let reading = try makeReading()
        try reading.consumer.assign(beginning)
        reading.take(most: 50)
        try reading.consumer.pause(Set(beginning.keys))
        try reading.consumer.assign(beginning)
        XCTAssertEqual(reading.consumer.paused, [])
        reading.expect(beginning)
        XCTAssertTrue(reading.readAll())
    }

    /// librdkafka begins with a partition when the group's offset is known, and cannot seek in it before.
    func testASeekRightAfterTheGroupsAssignmentWaitsForItsOffsets() throws {
        try send(values)
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
        XCTAssertTrue(reading.readAll())
        XCTAssertEqual(reading.count, values.count)
    }

    func testTheGroupsNextAssignmentEndsAPause() throws {
        try send(values)
        let consumer = try makeMember()
        let reading = try makeReading(by: consumer)
        var revocations = 0
        consumer.startOffsets = { _ in self.beginning }
        consumer.revoked = { _ in revocations += 1 }
        try consumer.subscribe()
        XCTAssertTrue(reading.readAll())
        try consumer.pause(Set(beginning.keys))
        // Joins once more.
        try consumer.subscribe()
        reading.expect(beginning)
        XCTAssertTrue(reading.readAll())
        XCTAssertEqual(revocations, 1)
        XCTAssertEqual(consumer.paused, [])
    }

    func testWhatIsNotAssignedCanNeitherBePausedNorMovedIn() throws {
        try send(values)
        let reading = try makeReading()
        let (mine, other) = (TopicPartition(unique, 0), TopicPartition(unique, 1))
        try reading.consumer.assign([mine: 0])
        reading.ends = reading.ends.filter { $0.key == mine }
        reading.expect([mine: 0])
        XCTAssertThrowsError(try reading.consumer.seek([mine: 0, other: 0], milliseconds: 500))
        XCTAssertThrowsError(try reading.consumer.pause([mine, other]))
        XCTAssertEqual(reading.consumer.paused, [])
        XCTAssertTrue(reading.readAll())
        // Nor is anything read again that was not paused.
        try reading.consumer.resume([mine, other])
        reading.takeForAWhile()
    }

    private func makeMember() throws -> KafkaConsumer {
        let role = KafkaConsumer.Role.member(of: unique, topics: [unique])
        let consumer = try KafkaConsumer(takesTopicsInTurn ? role.topicsInTurn : role, settings, log: log)
        addTeardownBlock { consumer.close() }
        return consumer
    }

    /// Queues of its own must change nothing of all this.
    func testTheSameHoldsWhereTopicsAreTakenInTurn() throws {
        takesTopicsInTurn = true
        for test in [
            testASeekToTheBeginningBringsEveryRecordOnceMoreInOrder, testASeekMovesItsPartitionOnly,
            testAPausedPartitionGivesNothingAndTheOthersGoOn,
            testHoweverOftenPartitionsArePausedNothingIsSkippedOrComesTwice, testASeekWhilePausedIsWhereItGoesOn,
            testAnAssignmentEndsAPause, testASeekRightAfterTheGroupsAssignmentWaitsForItsOffsets,
            testTheGroupsNextAssignmentEndsAPause, testWhatIsNotAssignedCanNeitherBePausedNorMovedIn,
        ] {
            try beginAnew()
            try test()
        }
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
    private let mailbox = Mailbox<Void>()

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
    func take(most: Int) {
        if consumer.take(batch, most: most) == 0 { consumer.wait(mailbox, until: EventLoop.now() + 20_000_000) }
        batch.forEach { element in
            switch element {
            case .record(let record):
                guard let place = next.keys.first(where: { $0.partition == record.partition }) else {
                    return XCTFail("a record of partition \(record.partition)")
                }
                XCTAssertEqual(record.offset, next[place], "of \(place)")
                XCTAssertFalse(consumer.paused.contains(place), "\(place) is paused")
                next[place] = record.offset + 1
                count += 1
            case .endOfPartition(let place, let offset): XCTAssertEqual(offset, next[place], "the end of \(place)")
            case .error(let error): XCTFail("\(error)")
            }
        }
        batch.clear()
    }

    /// Time enough for what must not come.
    func takeForAWhile() {
        let end = EventLoop.now() + 500_000_000
        while EventLoop.now() < end { take(most: 100) }
    }

    /// Reads on until every partition has come to its end, but for some.
    func readAll(but others: Set<TopicPartition> = []) -> Bool {
        readAll(but: others) { take(most: 100) }
    }

    /// Does something again and again until every partition has come to its end, but for some.
    func readAll(but others: Set<TopicPartition> = [], _ step: () throws -> Void) rethrows -> Bool {
        let deadline = EventLoop.now() + 30_000_000_000
        while EventLoop.now() < deadline {
            if ends.allSatisfy({ others.contains($0.key) || next[$0.key] == $0.value }) { return true }
            try step()
        }
        return false
    }
}
