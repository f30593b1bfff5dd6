import Foundation
import LabTesting
import ServiceKit
import Synchronization
import XCTest

@testable import AMQPClient
@testable import Journal

/// A worker with a journal at a real broker.
final class JournaledWorkerTests: JournaledWorkerTestCase {
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
        XCTAssertTrue(Lab.eventually { second.readiness.condition == .standby })
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
}
