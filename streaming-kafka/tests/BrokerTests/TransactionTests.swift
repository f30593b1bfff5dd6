import LabTesting
import ServiceKit
import XCTest

@testable import KafkaClient

/// What exactly-once rests on, on a real Kafka.
final class TransactionTests: BrokerTestCase {
    private var mode: BatchProducer.Mode { .transactions(id: unique) }
    private var member: KafkaConsumer.Role { .member(of: unique, topics: [unique]) }

    override func setUpWithError() throws {
        try super.setUpWithError()
        try needKafka()
    }

    /// A member of the test's group that has all its partitions.
    private func join() throws -> KafkaConsumer {
        let consumer = try KafkaConsumer(member, settings, log: log)
        addTeardownBlock { consumer.close() }
        try consumer.subscribe()
        XCTAssertTrue(take(from: consumer, { _ in }, until: { consumer.assignment.count == self.partitions }))
        return consumer
    }

    /// Asserts what readers of committed records come to see: a broker says that it will commit before it has, so that they
    /// may see it a moment later.
    private func assertCommitted(_ values: [String], line: UInt = #line) throws {
        var found: [String] = []
        let isSo = try Lab.eventually {
            found = try readAll()
            return found == values
        }
        XCTAssertTrue(isSo, "\(found)", line: line)
    }

    func testACommittedBatchIsSeenAndAnAbortedOneIsNot() throws {
        let producer = try makeProducer(mode)
        try initialize(producer)
        let consumer = try makeReader()
        for (value, commits) in [("one", true), ("two", false), ("three", true)] {
            try producer.begin()
            try producer.produce(message(value), to: 0)
            if commits {
                try producer.commit([:], of: consumer, milliseconds: 5000)
            } else {
                // It lies in the log, then, and is not just dropped by the library before it was sent.
                try producer.flush(milliseconds: 30_000)
                try producer.abort(milliseconds: 5000)
            }
        }
        try assertCommitted(["one", "three"])
    }

    func testOffsetsAreCommittedWithTheBatchAndNotWithoutIt() throws {
        let (producer, consumer) = (try makeProducer(mode), try join())
        try initialize(producer)
        let place = TopicPartition(unique, 0)
        func transact(_ offset: Int64, commits: Bool) throws {
            try producer.begin()
            try producer.produce(message("\(offset)"), to: 0)
            try producer.send([place: offset], of: consumer, milliseconds: 5000)
            if commits {
                try producer.commit([:], of: consumer, milliseconds: 5000)
            } else {
                try producer.abort(milliseconds: 5000)
            }
        }
        try transact(3, commits: true)
        try transact(9, commits: false)
        XCTAssertEqual(try consumer.committed([place], milliseconds: 5000), [place: 3])
        try assertCommitted(["3"])
    }

    /// What tells a log that has lost outcomes from one that is whole.
    func testAnOffsetsMetadataIsCommittedWithItsTransactionAndNotWithoutIt() throws {
        let (producer, consumer) = (try makeProducer(mode), try join())
        try initialize(producer)
        let places = (0..<3).map { TopicPartition(unique, $0) }
        for (index, commits) in [(0, true), (1, true), (2, false)] {
            try producer.begin()
            try producer.produce(message("\(index)"), to: 0)
            let note = DecisionCount.text(index + 1)
            try producer.send([places[index]: 1], note: note, of: consumer, milliseconds: 5000)
            if commits {
                try producer.commit([:], of: consumer, milliseconds: 5000)
            } else {
                try producer.abort(milliseconds: 5000)
            }
        }
        let found = try consumer.committedWithNotes(places, milliseconds: 5000)
        XCTAssertEqual(found.offsets, [places[0]: 1, places[1]: 1])
        XCTAssertEqual(DecisionCount.greatest(found.notes), 2)
        // An offset of an earlier version has none.
        try consumer.commit([places[2]: 1], waits: true)
        XCTAssertEqual(try consumer.committedWithNotes([places[2]], milliseconds: 5000).notes, [])
        try consumer.commit([places[2]: 1], note: "decided=5", waits: true)
        XCTAssertEqual(try consumer.committedWithNotes([places[2]], milliseconds: 5000).notes, ["decided=5"])
    }

    func testASuccessorFencesAZombieInTheMiddleOfItsBatch() throws {
        let (zombie, successor) = (try makeProducer(mode), try makeProducer(mode))
        try initialize(zombie)
        let consumer = try join()
        try zombie.begin()
        try zombie.produce(message("late"), to: 0)
        try initialize(successor)
        XCTAssertThrowsError(
            try {
                try zombie.send([TopicPartition(unique, 0): 1], of: consumer, milliseconds: 5000)
                try zombie.commit([:], of: consumer, milliseconds: 5000)
            }()
        ) { error in
            XCTAssertEqual((error as? KafkaError)?.isFatal, true, "\(error)")
        }
        try send(["mine"], with: successor)
        try assertCommitted(["mine"])
    }

    /// With a broker that hangs librdkafka 2.0.2 stays in this call for ten seconds at the least, whatever its time-out.
    func testACallThatDoesNotReturnIsGivenUpAndASuccessorGoesOn() throws {
        try Lab.needOwnBroker()
        let (hung, consumer) = (try BatchProducer(mode, settings, topics: [unique], log: log), try join())
        try initialize(hung)
        try hung.begin()
        try hung.produce(message("hung"), to: 0)
        try hung.flush(milliseconds: 30_000)
        try Lab.run("pause", "broker")
        var isPaused = true
        defer { if isPaused { _ = try? Lab.run("resume", "broker") } }
        XCTAssertThrowsError(
            try hung.send([TopicPartition(unique, 0): 1], of: consumer, milliseconds: 1000)
        ) { error in
            XCTAssertEqual((error as? KafkaError)?.isFatal, true, "\(error)")
        }
        hung.destroy()
        try Lab.run("resume", "broker")
        isPaused = false
        let successor = try makeProducer(mode)
        try initialize(successor)
        try send(["mine"], with: successor)
        try assertCommitted(["mine"])
        XCTAssertTrue(Lab.eventually(within: 90) { (try? Lab.run("status")) != nil }, "the lab is whole again")
    }

    /// A service that is restarted takes over at once; the one that it replaces learns of it and must stop.
    func testASecondMemberTakesTheFirstOnesPlaceAndTheFirstOneKnows() throws {
        let first = try join()
        XCTAssertNil(first.fatalError)
        let second = try join()
        let isFenced = take(from: first, { _ in }, until: { first.fatalError != nil })
        XCTAssertTrue(isFenced)
        XCTAssertEqual(first.fatalError?.isFencedInstance, true, "\(String(describing: first.fatalError))")
        XCTAssertNil(second.fatalError)
    }

    /// A member that a broker's second answer to its own request fenced must not think that another one has its place.
    func testAClaimTellsWhetherAnotherProcessHasThePlace() throws {
        let first = GroupClaim(unique, topic: unique, settings, log: log)
        let second = GroupClaim(unique, topic: unique, settings, log: log)
        try first.write()
        XCTAssertFalse(try ask(first), "it has the place itself")
        XCTAssertThrowsError(try second.isAnothers(within: 0), "the first one may have ended long ago")
        try second.write()
        XCTAssertTrue(try first.isAnothers(within: 30))
        XCTAssertFalse(try ask(second), "the first one came before")
    }

    /// Asks until its own claim is written.
    private func ask(_ claim: GroupClaim) throws -> Bool {
        var answer: Bool?
        _ = Lab.eventually {
            answer = try? claim.isAnothers(within: 0)
            return answer != nil
        }
        return try XCTUnwrap(answer)
    }

    func testAFencedMemberCanBeginAnew() throws {
        let (first, second) = (try join(), try join())
        XCTAssertTrue(take(from: first, { _ in }, until: { first.fatalError != nil }))
        try first.reopen()
        XCTAssertNil(first.fatalError)
        try first.subscribe()
        XCTAssertTrue(take(from: first, { _ in }, until: { first.assignment.count == self.partitions }))
        XCTAssertTrue(take(from: second, { _ in }, until: { second.fatalError != nil }))
    }

    /// A broker that has just started may not know it yet; an empty log would be taken for the truth.
    func testATopicThatIsNotThereIsNoEmptyLog() throws {
        let reader = try KafkaConsumer(.reader(group: unique, topics: [unique + "-none"]), settings, log: log)
        defer { reader.close() }
        XCTAssertThrowsError(try LogReplay.read([unique + "-none"], with: reader, goesOn: { true }) { _ in }) {
            XCTAssertEqual(($0 as? KafkaError)?.isRetriable, true, "\($0)")
        }
    }

    func testAReplayEndsBehindTheMarkersOfTransactions() throws {
        let producer = try makeProducer(mode)
        try initialize(producer)
        for value in ["a", "b"] { try send([value], with: producer) }
        try producer.begin()
        try producer.produce(message("aborted"), to: 0)
        try producer.flush(milliseconds: 30_000)
        try producer.abort(milliseconds: 5000)
        try assertCommitted(["a", "b"])
        let consumer = try makeReader()
        var count = 0
        let ends = try LogReplay.read([unique], with: consumer, goesOn: { true }) { _ in count += 1 }
        XCTAssertEqual(count, 2)
        let marks = try consumer.watermarks(Array(ends.keys), milliseconds: 5000)
        for (place, end) in ends { XCTAssertEqual(end, marks[place]?.end, "\(place): no lag is left at rest") }
        XCTAssertGreaterThan(ends.values.reduce(0, +), 3, "markers take offsets")
    }
}
