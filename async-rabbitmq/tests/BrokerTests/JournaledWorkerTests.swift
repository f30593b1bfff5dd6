import Foundation
import LabTesting
import ServiceKit
import Synchronization
import XCTest

@testable import AMQPClient
@testable import Journal

/// A worker with a journal at a real broker.
final class JournaledWorkerTests: BrokerTestCase {
    private let loop = EventLoop()
    private var running: [JournaledWorker<NumberWork>] = []
    private lazy var stream = "\(queue)_log"
    private lazy var other = "\(queue)_other_log"
    private lazy var lease = "\(queue)_lease"
    private let faults = Faults()

    override func tearDownWithError() throws {
        for worker in running { stop(worker) }
        // The test's own connection is gone if a test took longer than its heartbeats.
        let cleaner = try connect()
        try cleaner.openChannel(1)
        for name in [stream, other, lease] { try cleaner.deleteQueue(name, on: 1) }
        cleaner.close()
        try super.tearDownWithError()
    }

    private var names: JournalNames {
        let stream: [AMQPMessage.Header] = [.init("x-queue-type", .text("stream"))]
        let topology = AMQPTopology(
            exchanges: [],
            queues: [
                .init(self.stream, stream), .init(other, stream),
                .init(lease, [.init("x-queue-type", .text("classic"))]),
                .init(queue, [.init("x-queue-type", .text("quorum"))]),
            ], bindings: [])
        return JournalNames(journal: self.stream, lease: lease, queue: queue, others: [other], topology: topology)
    }

    /// A worker, with what it knows and what it says of its readiness.
    private struct Running {
        let worker: JournaledWorker<NumberWork>
        let work: NumberWork
        let readiness: Readiness
    }

    private func start(
        continuesAfterLoss: Bool = false, snapshotBytes: Int = 32_000_000, _ address: AMQPAddress? = nil
    ) throws -> Running {
        let (work, readiness) = (NumberWork(), Readiness())
        let worker = JournaledWorker(
            names, JournalSettings(continuesAfterLoss: continuesAfterLoss, snapshotBytes: snapshotBytes),
            address ?? self.address, name: "test-journal", faults: faults, readiness: readiness,
            log: Logger(service: "test", level: .error), work)
        running.append(worker)
        return Running(worker: worker, work: work, readiness: readiness)
    }

    private func startAtWork(continuesAfterLoss: Bool = false, snapshotBytes: Int = 32_000_000) throws -> Running {
        let running = try start(continuesAfterLoss: continuesAfterLoss, snapshotBytes: snapshotBytes)
        XCTAssertTrue(Lab.eventually { running.work.seen.isAvailable }, "\(running.readiness.missing)")
        return running
    }

    private func stop(_ worker: JournaledWorker<NumberWork>) {
        loop.run { [loop] in await worker.close(on: loop, until: EventLoop.now() + 5_000_000_000) }
    }

    private func write(_ numbers: Range<UInt64>, to running: Running, line: UInt = #line) {
        let before = running.work.seen.safe.count
        for number in numbers { XCTAssertTrue(running.worker.post(.write(number)), line: line) }
        XCTAssertTrue(Lab.eventually { running.work.seen.safe.count == before + numbers.count }, line: line)
    }

    private func publish(_ body: String) throws {
        try connection.publish(publication(body), on: 1)
        connection.flush()
    }

    // MARK: Work

    func testWhatWasWrittenIsKnownToTheNext() throws {
        let first = try startAtWork()
        write(0..<1000, to: first)
        stop(first.worker)
        let second = try startAtWork()
        XCTAssertEqual(second.work.seen.numbers, Array(0..<1000))
        write(1000..<1010, to: second)
        stop(second.worker)
        XCTAssertEqual(try startAtWork().work.seen.numbers, Array(0..<1010))
    }

    func testAMessageIsGoneOnceItIsInTheJournal() throws {
        let running = try startAtWork()
        for number in 0..<50 { try publish("\(number)") }
        XCTAssertTrue(Lab.eventually { running.work.seen.safe.count == 50 })
        stop(running.worker)
        XCTAssertTrue(try Lab.eventually { try connection.messageCount(queue, on: 1) == 0 })
        XCTAssertEqual(try startAtWork().work.seen.numbers, Array(0..<50))
    }

    func testAMessageThatNobodyCanReadIsRejectedAndNoOther() throws {
        let running = try startAtWork()
        for body in ["1", "garbage", "2"] { try publish(body) }
        XCTAssertTrue(Lab.eventually { running.work.seen.safe == [1, 2] })
        stop(running.worker)
        XCTAssertTrue(try Lab.eventually { try connection.messageCount(queue, on: 1) == 0 })
    }

    func testMessagesOfAFailingWorkerStayInTheQueue() throws {
        faults.fails = true
        let running = try startAtWork()
        try publish("1")
        XCTAssertTrue(try Lab.eventually { try connection.messageCount(queue, on: 1) == 0 }, "it is delivered")
        XCTAssertEqual(running.work.seen.numbers, [])
        stop(running.worker)
        XCTAssertTrue(try Lab.eventually { try connection.messageCount(queue, on: 1) == 1 })
    }

    func testNothingMoreIsConsumedOnceThatIsOver() throws {
        let running = try startAtWork()
        running.worker.stopConsuming()
        try publish("1")
        write(7..<8, to: running)
        XCTAssertEqual(running.work.seen.numbers, [7], "commands are still taken")
        stop(running.worker)
        XCTAssertTrue(try Lab.eventually { try connection.messageCount(queue, on: 1) == 1 })
    }

    func testManyMessagesAreAnsweredEachForItself() throws {
        let running = try startAtWork()
        for number in 0..<500 {
            let key = number % 5 == 0 ? "no-such-queue" : other
            XCTAssertTrue(running.worker.post(.publish(publication(to: key, id: "\(number)"))))
        }
        XCTAssertTrue(Lab.eventually { running.work.seen.answers.count == 500 })
        let answers = running.work.seen.answers
        for number in 0..<500 { XCTAssertEqual(answers["\(number)"], number % 5 == 0 ? .returned : .confirmed) }
    }

    func testWithoutABrokerCommandsAreRefused() throws {
        let running = try start(try XCTUnwrap(AMQPAddress("amqp://127.0.0.1:1/")))
        XCTAssertTrue(running.worker.post(.write(1)))
        XCTAssertTrue(Lab.eventually { running.work.seen.refused == 1 })
        XCTAssertEqual(running.readiness.missing, ["the broker"])
    }

    // MARK: The lease

    func testASecondOneStandsByAndThenKnowsAll() throws {
        let first = try startAtWork()
        write(0..<10, to: first)
        let second = try start()
        XCTAssertTrue(Lab.eventually { second.readiness.condition == "standby" })
        write(10..<20, to: first)
        XCTAssertEqual(second.work.seen.begun, 0)
        stop(first.worker)
        XCTAssertTrue(Lab.eventually { second.work.seen.isAvailable })
        XCTAssertEqual(second.work.seen.numbers, Array(0..<20))
        XCTAssertNil(second.readiness.missingState)
    }

    /// What was read is not read again, however much that is.
    func testAfterALostConnectionOnlyWhatFollowsIsRead() throws {
        let running = try startAtWork()
        write(0..<500, to: running)
        running.worker.interrupt(connection: running.worker.connectionNumber)
        XCTAssertTrue(Lab.eventually { running.work.seen.begun == 2 })
        write(500..<510, to: running)
        XCTAssertEqual(running.work.seen.numbers, Array(0..<510))
        XCTAssertLessThanOrEqual(running.work.seen.restored, 1, "a record that was confirmed is not read again")
    }

    func testWhatIsUnderWayWhenTheConnectionIsLostIsThereOrNotAndNeverTwice() throws {
        let running = try startAtWork()
        var next: UInt64 = 0
        for round in 0..<5 {
            for _ in 0..<200 {
                _ = running.worker.post(.write(next))
                next += 1
            }
            running.worker.interrupt(connection: running.worker.connectionNumber)
            XCTAssertTrue(Lab.eventually { running.work.seen.begun == round + 2 })
        }
        write(next..<next + 1, to: running)
        let known = running.work.seen.numbers
        XCTAssertEqual(known, Array(Set(known)).sorted(), "in order, and each once")
        stop(running.worker)
        XCTAssertEqual(try startAtWork().work.seen.numbers, known, "memory and journal say the same")
    }

    // MARK: Snapshots

    func testASnapshotStandsForWhatWasBeforeIt() throws {
        let first = try startAtWork(snapshotBytes: 10_000)
        for start in stride(from: UInt64(0), to: 5000, by: 250) { write(start..<start + 250, to: first) }
        stop(first.worker)
        let second = try startAtWork(snapshotBytes: 10_000)
        XCTAssertEqual(second.work.seen.numbers, Array(0..<5000))
        XCTAssertEqual(second.work.seen.restored, 5000, "each number is read once")
        XCTAssertGreaterThan(try snapshotOffset(), 0)
    }

    /// From where the next holder of the lease reads.
    private func snapshotOffset() throws -> Int64 {
        for worker in running { stop(worker) }
        try connection.consume(lease, on: 1, prefetch: 10)
        var newest: JournalToken?
        repeat {
            let token = JournalToken(try delivery().message.body)
            if let token, token.version >= newest?.version ?? 0 { newest = token }
        } while newest == nil
        return try XCTUnwrap(newest).offset
    }

    // MARK: Losses

    private func assertRefuses(_ word: String, line: UInt = #line) throws {
        let refusing = try start()
        XCTAssertTrue(
            Lab.eventually { refusing.readiness.missing.contains { $0.contains("ALLOW_LOST_STATE=1") } },
            "\(refusing.readiness.missing)", line: line)
        XCTAssertTrue(refusing.readiness.missing[0].contains(word), "\(refusing.readiness.missing)", line: line)
        XCTAssertNotNil(refusing.readiness.missingState, line: line)
        XCTAssertEqual(refusing.work.seen.begun, 0, line: line)
        XCTAssertTrue(refusing.worker.post(.write(1)), line: line)
        XCTAssertTrue(Lab.eventually { refusing.work.seen.refused == 1 }, line: line)
        stop(refusing.worker)
    }

    private func makeJournal(_ numbers: Range<UInt64> = 0..<20) throws {
        let first = try startAtWork()
        write(numbers, to: first)
        stop(first.worker)
    }

    func testAJournalThatIsGoneIsRecognised() throws {
        try makeJournal()
        try connection.deleteQueue(stream, on: 1)
        try assertRefuses("is empty")
        // Nothing has changed by that: it is still lost.
        try assertRefuses("is empty")
        let second = try startAtWork(continuesAfterLoss: true)
        XCTAssertEqual(second.work.seen.numbers, [])
        write(5..<6, to: second)
        stop(second.worker)
        let third = try startAtWork()
        XCTAssertEqual(third.work.seen.numbers, [5], "the new one is a good one")
    }

    func testAnotherJournalIsRecognised() throws {
        try makeJournal()
        try connection.deleteQueue(stream, on: 1)
        try declareStream()
        try publishRecords([JournalRecord(.random(), epoch: 1, number: 0, .founded(isAfterLoss: false, time: 0))])
        try assertRefuses("another one")
    }

    func testAShorterJournalIsRecognised() throws {
        let first = try startAtWork()
        write(0..<20, to: first)
        for number in UInt64(20)..<40 { write(number..<number + 1, to: first) }
        stop(first.worker)
        let records = try readRecords()
        try connection.deleteQueue(stream, on: 1)
        try declareStream()
        try publishRecords(Array(records.prefix(records.count / 2)))
        try assertRefuses("ends with record")
    }

    func testAJournalThatMissesARecordIsRecognised() throws {
        let first = try startAtWork()
        for number in UInt64(0)..<10 { write(number..<number + 1, to: first) }
        stop(first.worker)
        var records = try readRecords()
        records.remove(at: records.count / 2)
        try connection.deleteQueue(stream, on: 1)
        try declareStream()
        try publishRecords(records)
        try assertRefuses("has no records between")
    }

    func testAJournalWithoutItsBeginningIsRecognised() throws {
        let first = try startAtWork()
        for number in UInt64(0)..<10 { write(number..<number + 1, to: first) }
        stop(first.worker)
        let records = try readRecords()
        try connection.deleteQueue(stream, on: 1)
        try declareStream()
        try publishRecords(Array(records.dropFirst(2)))
        try assertRefuses("lost its beginning")
    }

    func testAJournalOfALaterVersionIsRefused() throws {
        try makeJournal()
        let identity = try XCTUnwrap(try readRecords().first?.identity)
        var body = JournalRecord(identity, epoch: 1, number: 0, .barrier).body
        body[2] = JournalRecord.version + 1
        try publishBodies([body])
        try assertRefuses("of version")
    }

    /// What is none of the journal's own must not cost it what it holds.
    func testRecordsOfOthersArePassedOver() throws {
        try makeJournal(0..<3)
        var body = JournalRecord(.random(), epoch: 1, number: 0, .barrier).body
        body[2] = JournalRecord.version + 1
        try publishBodies([body, Array("CJ\u{9}".utf8), Array(body.prefix(20))])
        for _ in 0..<2 {
            let running = try startAtWork()
            XCTAssertEqual(running.work.seen.numbers, [0, 1, 2])
            stop(running.worker)
        }
    }

    /// The new journal stands in the same stream, behind what nobody can read.
    func testAfterADamageTheNewJournalIsAGoodOne() throws {
        try makeJournal(0..<3)
        let identity = try XCTUnwrap(try readRecords().first?.identity)
        var body = JournalRecord(identity, epoch: 1, number: 0, .barrier).body
        body[2] = JournalRecord.version + 1
        try publishBodies([body])
        let second = try startAtWork(continuesAfterLoss: true)
        write(7..<8, to: second)
        stop(second.worker)
        for _ in 0..<2 {
            let running = try startAtWork()
            XCTAssertEqual(running.work.seen.numbers, [0, 1, 2, 7])
            stop(running.worker)
        }
    }

    func testTheLossOfAnothersJournalIsRecognised() throws {
        try declareStream(other)
        try publishRecords([JournalRecord(.random(), epoch: 1, number: 0, .entries([]))], to: other)
        let first = try startAtWork()
        write(0..<1, to: first)
        // Its token knows the other one once it was seen.
        stop(first.worker)
        try connection.deleteQueue(other, on: 1)
        try assertRefuses("\(other) is empty")
        let second = try startAtWork(continuesAfterLoss: true)
        XCTAssertEqual(second.work.seen.numbers, [0], "its own is whole")
    }

    func testALossIsRecognisedWhileTheWorkGoesOn() throws {
        let first = try startAtWork()
        write(0..<10, to: first)
        try connection.deleteQueue(stream, on: 1)
        try declareStream()
        XCTAssertTrue(
            Lab.eventually(within: 60) { first.readiness.missing.contains { $0.contains("ALLOW_LOST_STATE") } })
    }

    func testGarbageInTheJournalIsPassedOver() throws {
        try makeJournal(0..<3)
        try publishBodies([Array("garbage".utf8), [], Array(repeating: 0, count: 100_000)])
        XCTAssertEqual(try startAtWork().work.seen.numbers, [0, 1, 2])
    }

    private func declareStream(_ name: String? = nil) throws {
        let queue = AMQPTopology.Queue(name ?? stream, [.init("x-queue-type", .text("stream"))])
        try connection.declare(AMQPTopology(exchanges: [], queues: [queue], bindings: []), on: 1)
    }

    private func publishRecords(_ records: [JournalRecord], to name: String? = nil) throws {
        try publishBodies(records.map(\.body), to: name)
    }

    private func publishBodies(_ bodies: [[UInt8]], to name: String? = nil) throws {
        let channel: UInt16 = 4
        try connection.openChannel(channel)
        try connection.selectConfirms(channel)
        var ledger = ConfirmLedger<Int>()
        for body in bodies {
            ledger.publish(0, messageID: nil)
            let message = AMQPMessage(body: body)
            try connection.publish(
                AMQPPublication(exchange: "", routingKey: name ?? stream, message: message), on: channel)
        }
        connection.flush()
        while ledger.count > 0 {
            if case .confirmed(_, let tag, let multiple) = try event() {
                ledger.confirm(tag, multiple: multiple) { _, _ in }
            }
        }
        try connection.closeChannel(channel)
    }

    /// All records, barriers left out.
    private func readRecords() throws -> [JournalRecord] {
        try publishBodies([Array("end".utf8)])
        try connection.openChannel(3)
        try connection.consume(
            stream, on: 3, prefetch: 4000, arguments: [.init("x-stream-offset", .text("first"))])
        var records: [JournalRecord] = []
        while true {
            let body = try delivery().message.body
            if body == Array("end".utf8) { break }
            if let record = try JournalRecord.read(body), record.content != .barrier { records.append(record) }
        }
        try connection.closeChannel(3)
        return records
    }
}
