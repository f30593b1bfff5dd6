import Foundation
import LabTesting
import ServiceKit
import Synchronization
import XCTest

@testable import AMQPClient
@testable import Journal

/// A journal that is gone, new, shorter or another one, and what stands in its stream that is none of it.
final class JournalLossTests: JournaledWorkerTestCase {
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
