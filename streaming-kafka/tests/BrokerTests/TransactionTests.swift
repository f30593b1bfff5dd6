import CRdKafka
import LabTesting
import OrderRecords
import ServiceKit
import XCTest

@testable import KafkaClient

/// What exactly-once rests on, on a real Kafka.
final class TransactionTests: BrokerTestCase {
    private var mode: BatchProducer.Mode { .transactions(id: unique) }
    private var member: KafkaConsumer.Role { .member(of: unique, topics: [unique]) }

    override func setUp() async throws {
        try await super.setUp()
        try needKafka()
    }

    /// A member of the test's group that has all its partitions.
    private func join() async throws -> KafkaConsumer {
        let consumer = try makeConsumer(member)
        try consumer.subscribe()
        let hasJoined = await take(from: consumer, { _ in }, until: { consumer.assignment.count == self.partitions })
        XCTAssertTrue(hasJoined)
        return consumer
    }

    /// Asserts what readers of committed records come to see: a broker says that it will commit before it has, so that they
    /// may see it a moment later.
    private func assertCommitted(_ values: [String], line: UInt = #line) async throws {
        var found: [String] = []
        let isSo = try await eventually {
            found = try await readAll()
            return found == values
        }
        XCTAssertTrue(isSo, "\(found)", line: line)
    }

    func testACommittedBatchIsSeenAndAnAbortedOneIsNot() async throws {
        try await onWorker {
            let producer = try makeProducer(mode)
            try await initialize(producer)
            let consumer = try makeReader()
            for (value, commits) in [("one", true), ("two", false), ("three", true)] {
                try producer.begin()
                try producer.produce(message(value), to: 0)
                if commits {
                    try await producer.commit([:], of: consumer, milliseconds: 5000)
                } else {
                    // It lies in the log, then, and is not just dropped by the library before it was sent.
                    try await producer.flush(milliseconds: 30_000)
                    try await producer.abort(milliseconds: 5000)
                }
            }
            try await assertCommitted(["one", "three"])
        }
    }

    func testOffsetsAreCommittedWithTheBatchAndNotWithoutIt() async throws {
        try await onWorker {
            let (producer, consumer) = (try makeProducer(mode), try await join())
            try await initialize(producer)
            let place = TopicPartition(unique, 0)
            func transact(_ offset: Int64, commits: Bool) async throws {
                try producer.begin()
                try producer.produce(message("\(offset)"), to: 0)
                try await producer.send([place: offset], of: consumer, milliseconds: 5000)
                if commits {
                    try await producer.commit([:], of: consumer, milliseconds: 5000)
                } else {
                    try await producer.abort(milliseconds: 5000)
                }
            }
            try await transact(3, commits: true)
            try await transact(9, commits: false)
            XCTAssertEqual(try consumer.committed([place], milliseconds: 5000), [place: 3])
            try await assertCommitted(["3"])
        }
    }

    /// What tells a log that has lost outcomes from one that is whole.
    func testAnOffsetsMetadataIsCommittedWithItsTransactionAndNotWithoutIt() async throws {
        try await onWorker {
            let (producer, consumer) = (try makeProducer(mode), try await join())
            try await initialize(producer)
            let places = (0..<3).map { TopicPartition(unique, $0) }
            for (index, commits) in [(0, true), (1, true), (2, false)] {
                try producer.begin()
                try producer.produce(message("\(index)"), to: 0)
                let note = DecisionCount.text(index + 1)
                try await producer.send([places[index]: 1], note: note, of: consumer, milliseconds: 5000)
                if commits {
                    try await producer.commit([:], of: consumer, milliseconds: 5000)
                } else {
                    try await producer.abort(milliseconds: 5000)
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
    }

    func testASuccessorFencesAZombieInTheMiddleOfItsBatch() async throws {
        try await onWorker {
            let (zombie, successor) = (try makeProducer(mode), try makeProducer(mode))
            try await initialize(zombie)
            let consumer = try await join()
            try zombie.begin()
            try zombie.produce(message("late"), to: 0)
            try await initialize(successor)
            let error = await thrown {
                try await zombie.send([TopicPartition(unique, 0): 1], of: consumer, milliseconds: 5000)
                try await zombie.commit([:], of: consumer, milliseconds: 5000)
            }
            XCTAssertEqual(error?.isFatal, true, "\(String(describing: error))")
            try await send(["mine"], with: successor)
            try await assertCommitted(["mine"])
        }
    }

    /// With a broker that hangs librdkafka 2.0.2 stays in this call for ten seconds at the least, whatever its time-out.
    func testACallThatDoesNotReturnIsGivenUpAndASuccessorGoesOn() async throws {
        try await onWorker {
            try Lab.needOwnBroker()
            let (hung, consumer) = (
                try BatchProducer(mode, settings, topics: [unique], on: worker, log: log), try await join()
            )
            try await initialize(hung)
            try hung.begin()
            try hung.produce(message("hung"), to: 0)
            try await hung.flush(milliseconds: 30_000)
            try Lab.run("pause", "broker")
            var isPaused = true
            defer { if isPaused { _ = try? Lab.run("resume", "broker") } }
            let error = await thrown {
                try await hung.send([TopicPartition(unique, 0): 1], of: consumer, milliseconds: 1000)
            }
            XCTAssertEqual(error?.isFatal, true, "\(String(describing: error))")
            hung.destroy()
            try Lab.run("resume", "broker")
            isPaused = false
            let successor = try makeProducer(mode)
            try await initialize(successor)
            try await send(["mine"], with: successor)
            try await assertCommitted(["mine"])
            XCTAssertTrue(Lab.eventually(within: 90) { (try? Lab.run("status")) != nil }, "the lab is whole again")
        }
    }

    /// A service that is restarted takes over at once; the one that it replaces learns of it and must stop.
    func testASecondMemberTakesTheFirstOnesPlaceAndTheFirstOneKnows() async throws {
        try await onWorker {
            let first = try await join()
            XCTAssertNil(first.fatalError)
            let second = try await join()
            let isFenced = await take(from: first, { _ in }, until: { first.fatalError != nil })
            XCTAssertTrue(isFenced)
            let fenced = RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID.rawValue
            XCTAssertEqual(first.fatalError?.code, fenced, "\(String(describing: first.fatalError))")
            XCTAssertNil(second.fatalError)
        }
    }

    /// A member that a broker's second answer to its own request fenced must not think that another one has its place.
    func testAClaimTellsWhetherAnotherProcessHasThePlace() async throws {
        try await onWorker {
            let first = GroupClaim(unique, topic: unique, settings, log: log)
            let second = GroupClaim(unique, topic: unique, settings, log: log)
            try first.write()
            let before = try await ask(first)
            XCTAssertFalse(before, "it has the place itself")
            let error = await thrown { _ = try await second.isAnothers(within: 0, on: worker) }
            XCTAssertNotNil(error, "the first one may have ended long ago")
            try second.write()
            let after = try await first.isAnothers(within: 30, on: worker)
            XCTAssertTrue(after)
            let isAnothers = try await ask(second)
            XCTAssertFalse(isAnothers, "the first one came before")
        }
    }

    /// Asks until its own claim is written.
    private func ask(_ claim: GroupClaim) async throws -> Bool {
        var answer: Bool?
        _ = await eventually {
            answer = try? await claim.isAnothers(within: 0, on: worker)
            return answer != nil
        }
        return try XCTUnwrap(answer)
    }

    func testAFencedMemberCanBeginAnew() async throws {
        try await onWorker {
            let (first, second) = (try await join(), try await join())
            let isFenced = await take(from: first, { _ in }, until: { first.fatalError != nil })
            XCTAssertTrue(isFenced)
            try first.reopen()
            XCTAssertNil(first.fatalError)
            try first.subscribe()
            let isBack = await take(from: first, { _ in }, until: { first.assignment.count == self.partitions })
            XCTAssertTrue(isBack)
            let isReplaced = await take(from: second, { _ in }, until: { second.fatalError != nil })
            XCTAssertTrue(isReplaced)
        }
    }

    /// A broker that has just started may not know it yet; an empty log would be taken for the truth.
    func testATopicThatIsNotThereIsNoEmptyLog() async throws {
        try await onWorker {
            let reader = try makeConsumer(.reader(group: unique, topics: [unique + "-none"]))
            let error = await thrown { _ = try await LogReplay.read([unique + "-none"], with: reader) { _ in } }
            XCTAssertEqual(error?.isRetriable, true, "\(String(describing: error))")
        }
    }

    func testAReplayEndsBehindTheMarkersOfTransactions() async throws {
        try await onWorker {
            let producer = try makeProducer(mode)
            try await initialize(producer)
            for value in ["a", "b"] { try await send([value], with: producer) }
            try producer.begin()
            try producer.produce(message("aborted"), to: 0)
            try await producer.flush(milliseconds: 30_000)
            try await producer.abort(milliseconds: 5000)
            try await assertCommitted(["a", "b"])
            let consumer = try makeReader()
            var count = 0
            let ends = try await LogReplay.read([unique], with: consumer) { _ in count += 1 }
            XCTAssertEqual(count, 2)
            let marks = try consumer.watermarks(Array(ends.keys), milliseconds: 5000)
            for (place, end) in ends { XCTAssertEqual(end, marks[place]?.end, "\(place): no lag is left at rest") }
            XCTAssertGreaterThan(ends.values.reduce(0, +), 3, "markers take offsets")
        }
    }
}
