import Journal
import XCTest

/// A test of what is read from a journal, record by record.
class JournalReplayTestCase: XCTestCase {
    typealias Content = JournalRecord.Content

    let identity = JournalIdentity.random()
    let memory = JournalMemory()
    lazy var replay = JournalReplay(identity)
    let founded = Content.founded(isAfterLoss: false, time: 1)

    func body(
        _ number: UInt64, _ content: JournalRecord.Content, epoch: UInt32 = 1, of other: JournalIdentity? = nil
    ) -> [UInt8] {
        JournalRecord(other ?? identity, epoch: epoch, number: number, content).body
    }

    func entries(_ entries: MemoryEntry...) -> JournalRecord.Content { .entries(MemoryEntry.bytes(entries)) }

    func begin(_ total: UInt64 = 0) -> JournalRecord.Content {
        var writer = BinaryWriter()
        writer.number(total)
        return .snapshotBegin(writer.bytes)
    }

    func piece(_ begin: UInt64, _ entries: MemoryEntry...) -> JournalRecord.Content {
        .snapshotPiece(begin: begin, MemoryEntry.bytes(entries))
    }

    func end(_ begin: UInt64, _ pieces: UInt64) -> JournalRecord.Content {
        .snapshotEnd(begin: begin, pieces: pieces)
    }

    /// Takes a record that stands at ten times its number.
    func take(
        _ number: UInt64, _ content: JournalRecord.Content, epoch: UInt32 = 1, of other: JournalIdentity? = nil,
        line: UInt = #line
    ) {
        XCTAssertNoThrow(
            try replay.take(body(number, content, epoch: epoch, of: other), at: Int64(number) * 10, into: memory),
            line: line)
    }

    /// Takes records that follow one another.
    func take(from first: UInt64, _ contents: [JournalRecord.Content], epoch: UInt32 = 1, line: UInt = #line) {
        for (index, content) in contents.enumerated() { take(first + UInt64(index), content, epoch: epoch, line: line) }
    }

    func damage(
        _ number: UInt64, _ content: JournalRecord.Content, epoch: UInt32 = 1
    ) -> JournalDamage? {
        damage { () throws(JournalDamage) in
            try replay.take(body(number, content, epoch: epoch), at: nil, into: memory)
        }
    }

    func damage(_ work: () throws(JournalDamage) -> Void) -> JournalDamage? {
        do throws(JournalDamage) {
            try work()
            return nil
        } catch {
            return error
        }
    }

    func problem(expecting expected: UInt64? = nil) -> JournalDamage? {
        damage { () throws(JournalDamage) in try replay.check(expecting: expected) }
    }

    func assertKnown(
        _ values: [UInt8: UInt64], total: UInt64 = 0, upTo last: UInt64?, line: UInt = #line
    ) {
        XCTAssertEqual(memory.content.values, values, line: line)
        XCTAssertEqual(memory.content.total, total, line: line)
        XCTAssertEqual(replay.last, last, line: line)
        XCTAssertTrue(replay.isWhole, line: line)
        XCTAssertNil(problem(expecting: last), line: line)
    }
}
