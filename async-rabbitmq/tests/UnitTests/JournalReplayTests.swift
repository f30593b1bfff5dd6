import Journal
import XCTest

/// What is made of the records of a stream, one case after the other.
final class JournalReplayTests: XCTestCase {
    private typealias Content = JournalRecord.Content

    private let identity = JournalIdentity.random()
    private let memory = JournalMemory()
    private lazy var replay = JournalReplay(identity)
    private let founded = Content.founded(isAfterLoss: false, time: 1)

    private func body(
        _ number: UInt64, _ content: JournalRecord.Content, epoch: UInt32 = 1, of other: JournalIdentity? = nil
    ) -> [UInt8] {
        JournalRecord(other ?? identity, epoch: epoch, number: number, content).body
    }

    private func entries(_ entries: MemoryEntry...) -> JournalRecord.Content { .entries(MemoryEntry.bytes(entries)) }

    private func begin(_ total: UInt64 = 0) -> JournalRecord.Content {
        var writer = BinaryWriter()
        writer.number(total)
        return .snapshotBegin(writer.bytes)
    }

    private func piece(_ begin: UInt64, _ entries: MemoryEntry...) -> JournalRecord.Content {
        .snapshotPiece(begin: begin, MemoryEntry.bytes(entries))
    }

    private func end(_ begin: UInt64, _ pieces: UInt64) -> JournalRecord.Content {
        .snapshotEnd(begin: begin, pieces: pieces)
    }

    /// Takes a record that stands at ten times its number.
    private func take(
        _ number: UInt64, _ content: JournalRecord.Content, epoch: UInt32 = 1, of other: JournalIdentity? = nil,
        line: UInt = #line
    ) {
        XCTAssertNoThrow(
            try replay.take(body(number, content, epoch: epoch, of: other), at: Int64(number) * 10, into: memory),
            line: line)
    }

    /// Takes records that follow one another.
    private func take(from first: UInt64, _ contents: [JournalRecord.Content], epoch: UInt32 = 1, line: UInt = #line) {
        for (index, content) in contents.enumerated() { take(first + UInt64(index), content, epoch: epoch, line: line) }
    }

    private func damage(
        _ number: UInt64, _ content: JournalRecord.Content, epoch: UInt32 = 1
    ) -> JournalDamage? {
        damage { () throws(JournalDamage) in
            try replay.take(body(number, content, epoch: epoch), at: nil, into: memory)
        }
    }

    private func damage(_ work: () throws(JournalDamage) -> Void) -> JournalDamage? {
        do throws(JournalDamage) {
            try work()
            return nil
        } catch {
            return error
        }
    }

    private func problem(expecting expected: UInt64? = nil) -> JournalDamage? {
        damage { () throws(JournalDamage) in try replay.check(expecting: expected) }
    }

    private func assertKnown(
        _ values: [UInt8: UInt64], total: UInt64 = 0, upTo last: UInt64?, line: UInt = #line
    ) {
        XCTAssertEqual(memory.content.values, values, line: line)
        XCTAssertEqual(memory.content.total, total, line: line)
        XCTAssertEqual(replay.last, last, line: line)
        XCTAssertTrue(replay.isWhole, line: line)
        XCTAssertNil(problem(expecting: last), line: line)
    }

    // MARK: From the beginning

    func testAJournalIsReadFromItsBeginning() {
        memory.content.total = 99
        take(from: 0, [founded, entries(.set(1, 10), .set(2, 20)), entries(.set(1, 11), .add(id: 1, amount: 5))])
        assertKnown([1: 11, 2: 20], total: 5, upTo: 2)
        XCTAssertEqual(memory.forgetCount, 1, "what was known before is another journal's")
        XCTAssertEqual(memory.taken, ["1", "1", "2", "2"])
        XCTAssertEqual(replay.identity, identity)
        XCTAssertEqual(replay.epoch, 1)
        XCTAssertEqual(replay.offset, 20)
        XCTAssertNil(replay.snapshotOffset)
        XCTAssertFalse(replay.isAfterLoss)
        XCTAssertFalse(replay.hasForeign)
        XCTAssertEqual(replay.strayCount, 0)
    }

    func testAnEmptyRecordIsARecord() {
        take(from: 0, [founded, entries(), entries(.set(1, 1))])
        assertKnown([1: 1], upTo: 2)
    }

    func testAJournalSaysIfAnotherWasLostBefore() {
        take(0, .founded(isAfterLoss: true, time: 1))
        XCTAssertTrue(replay.isAfterLoss)
    }

    func testTheFirstRecordTellsWhichJournalItIs() {
        replay = JournalReplay(nil)
        XCTAssertNil(replay.identity)
        take(0, founded)
        XCTAssertEqual(replay.identity, identity)
        take(0, founded, of: .random())
        XCTAssertTrue(replay.hasForeign)
        assertKnown([:], upTo: 0)
    }

    func testAJournalBeginsOnce() {
        take(0, founded)
        XCTAssertEqual(damage(0, founded), .twice(0))
        replay = JournalReplay(identity)
        guard case .malformed? = damage(3, founded) else { return XCTFail("a beginning in its middle") }
    }

    // MARK: Snapshots

    func testASnapshotStandsForAllBeforeIt() {
        take(from: 5, [entries(.set(1, 1), .add(id: 1, amount: 7)), begin(50)])
        XCTAssertFalse(replay.isWhole)
        take(7, piece(6, .set(1, 2), .add(id: 1, amount: 7)))
        take(8, piece(6, .set(2, 3)))
        XCTAssertNil(replay.snapshotOffset)
        take(9, end(6, 2))
        assertKnown([1: 2, 2: 3], total: 50, upTo: 9)
        XCTAssertEqual(memory.content.events, [1: 7])
        XCTAssertEqual(replay.snapshotOffset, 60)
        XCTAssertEqual(memory.taken, ["piece of 6", "piece of 6", "piece of 6"])
        take(10, entries(.add(id: 2, amount: 1)))
        assertKnown([1: 2, 2: 3], total: 51, upTo: 10)
    }

    func testASnapshotMayHaveNoPieces() {
        take(from: 5, [begin(50), end(5, 0)])
        assertKnown([:], total: 50, upTo: 6)
    }

    func testWhatStandsBetweenThePiecesIsHeldBackAndTakenInItsOrder() {
        take(from: 5, [begin(10), entries(.set(1, 1), .add(id: 1, amount: 1)), piece(5, .set(1, 9), .set(2, 9))])
        take(from: 8, [entries(.set(2, 2), .add(id: 2, amount: 2)), entries(.set(2, 3)), piece(5, .set(3, 9))])
        XCTAssertEqual(memory.content.values, [1: 9, 2: 9, 3: 9])
        take(from: 11, [entries(.set(3, 4)), end(5, 2), entries(.set(4, 5))])
        assertKnown([1: 1, 2: 3, 3: 4, 4: 5], total: 13, upTo: 13)
        XCTAssertEqual(memory.taken.filter { !$0.hasPrefix("piece") }, ["6", "6", "8", "8", "9", "11", "13"])
    }

    func testOfSnapshotsTheNewestIsTold() {
        take(from: 0, [founded, begin(), end(1, 0), entries(.set(1, 1)), begin(), piece(4, .set(1, 1)), end(4, 1)])
        XCTAssertEqual(replay.snapshotOffset, 40)
        assertKnown([1: 1], upTo: 6)
    }

    func testWhoKnowsEverythingTakesNothingFromASnapshot() {
        take(from: 0, [founded, entries(.set(1, 1), .add(id: 1, amount: 5))])
        take(from: 2, [begin(99), piece(2, .set(1, 7)), entries(.set(2, 2)), end(2, 1)])
        assertKnown([1: 1, 2: 2], total: 5, upTo: 5)
        XCTAssertEqual(memory.forgetCount, 1)
        XCTAssertEqual(replay.snapshotOffset, 20, "the journal may be read from there on the next time")
    }

    func testAJournalThatWasFoundedAfterALossBeginsWithWhatWasStillKnown() {
        take(from: 0, [.founded(isAfterLoss: true, time: 1), begin(50), entries(.set(1, 1), .add(id: 1, amount: 1))])
        take(from: 3, [piece(1, .set(2, 2), .add(id: 9, amount: 30)), entries(.set(2, 3)), piece(1, .set(3, 3))])
        assertKnown([1: 1, 2: 3, 3: 3], total: 51, upTo: 5)
        XCTAssertNil(replay.snapshotOffset)
        take(6, end(1, 2))
        XCTAssertEqual(replay.snapshotOffset, 10)
        take(from: 7, [entries(.set(4, 4)), begin(99), piece(8, .set(1, 99)), end(8, 1)])
        assertKnown([1: 1, 2: 3, 3: 3, 4: 4], total: 51, upTo: 10)
        XCTAssertEqual(memory.content.events, [1: 1, 9: 30])
    }

    func testIfThatIsBrokenOffWhatThereIsOfItStays() {
        take(from: 0, [.founded(isAfterLoss: true, time: 1), begin(50), piece(1, .set(1, 1)), entries(.set(2, 2))])
        take(from: 4, [entries(.set(3, 3)), begin(99), piece(5, .set(1, 99)), end(5, 1)], epoch: 2)
        assertKnown([1: 1, 2: 2, 3: 3], total: 50, upTo: 7)
    }

    func testAJournalThatWasFoundedWithoutALossKnowsEverything() {
        take(from: 0, [founded, begin(50), piece(1, .set(1, 99)), end(1, 1)])
        assertKnown([:], total: 0, upTo: 3)
    }

    func testASnapshotWithoutItsEndIsPassedOver() {
        take(from: 5, [begin(10), piece(5, .set(1, 1)), entries(.set(2, 2))])
        XCTAssertFalse(replay.isWhole)
        XCTAssertEqual(problem(), .withoutBeginning)
        // The writer was killed; its successor writes another one.
        take(8, entries(.set(3, 3)), epoch: 2)
        take(9, begin(20), epoch: 2)
        XCTAssertEqual(memory.content, JournalMemory.Content(total: 20), "the pieces are forgotten")
        take(10, piece(9, .set(2, 2)), epoch: 2)
        take(11, entries(.set(4, 4)), epoch: 2)
        take(12, end(9, 1), epoch: 2)
        assertKnown([2: 2, 4: 4], total: 20, upTo: 12)
        XCTAssertEqual(replay.snapshotOffset, 90)
    }

    func testIfTheSecondOfTwoSnapshotsHasNoEndTheFirstCounts() {
        take(from: 5, [begin(10), piece(5, .set(1, 1)), end(5, 1), entries(.set(2, 2))])
        take(from: 9, [begin(99), piece(9, .set(1, 99)), entries(.set(3, 3)), piece(9, .set(2, 99))])
        assertKnown([1: 1, 2: 2, 3: 3], total: 10, upTo: 12)
        XCTAssertEqual(replay.snapshotOffset, 50)
        take(13, entries(.set(4, 4)), epoch: 2)
        assertKnown([1: 1, 2: 2, 3: 3, 4: 4], total: 10, upTo: 13)
    }

    func testPiecesAndEndsOfAnotherSnapshotArePassedOver() {
        take(
            from: 7,
            [piece(5, .set(1, 99)), end(5, 1), begin(10), piece(5, .set(1, 98)), piece(9, .set(2, 2)), end(5, 2)])
        XCTAssertFalse(replay.isWhole)
        take(13, end(9, 1))
        assertKnown([2: 2], total: 10, upTo: 13)
    }

    func testASnapshotThatHasLostAPieceIsDamage() {
        for isWhole in [false, true] {
            replay = JournalReplay(identity)
            let first: UInt64 = isWhole ? 1 : 5
            if isWhole { take(0, founded) }
            take(from: first, [begin(), piece(first, .set(1, 1))])
            for pieces in [0, 2] as [UInt64] {
                var copy = replay
                let found = damage { () throws(JournalDamage) in
                    try copy.take(body(first + 2, end(first, pieces)), at: nil, into: memory)
                }
                guard case .malformed? = found else { return XCTFail("\(String(describing: found))") }
            }
            take(first + 2, end(first, 1))
        }
    }

    /// How much there is to be read on the next time says when the next snapshot is due.
    func testTheBytesBehindTheNewestWholeSnapshotAreCounted() {
        let contents = [
            founded, entries(.set(1, 1)), begin(), piece(2, .set(1, 1)), entries(.set(2, 2)), end(2, 1), entries(),
            begin(), piece(7, .set(1, 1)),
        ]
        let lengths = contents.enumerated().map { body(UInt64($0), $1).count }
        for (index, content) in contents.enumerated() {
            take(UInt64(index), content)
            let start = index < 5 ? 0 : 6
            XCTAssertEqual(replay.length, lengths[...index].dropFirst(start).reduce(0, +), "\(index)")
            XCTAssertEqual(replay.snapshotLength, index < 5 ? nil : lengths[2...5].reduce(0, +), "\(index)")
        }
        XCTAssertNoThrow(try replay.take([1, 2, 3], at: nil, into: memory))
        take(7, .barrier)
        take(9, founded, of: .random())
        XCTAssertEqual(replay.length, lengths[6...].reduce(0, +))
        let last = entries(.set(9, 9))
        replay = JournalReplay(identity, after: 8, epoch: 1)
        take(8, last)
        XCTAssertEqual(replay.length, 0, "that was counted before")
        take(9, last)
        XCTAssertEqual(replay.length, body(9, last).count)
    }

    // MARK: Records that cannot be

    func testARecordThatIsMissingIsDamage() {
        take(from: 0, [founded, entries()])
        XCTAssertEqual(damage(3, entries()), .gap(after: 1, before: 3))
        XCTAssertEqual(damage(.max, entries()), .gap(after: 1, before: .max))
    }

    func testANumberThatIsThereTwiceIsDamage() {
        take(from: 0, [founded, entries(), entries()])
        for number in 0...2 as ClosedRange<UInt64> {
            XCTAssertEqual(damage(number, entries(.set(1, 1)), epoch: 2), .twice(number))
        }
        XCTAssertEqual(memory.content, JournalMemory.Content())
    }

    func testARecordOfAnEarlierEpochIsDamage() {
        take(0, founded)
        take(1, entries(), epoch: 5)
        take(2, entries(), epoch: 7)
        XCTAssertEqual(replay.epoch, 7)
        XCTAssertEqual(damage(3, entries(), epoch: 6), .twice(3))
    }

    func testRecordsThatCannotBeReadAreDamage() {
        take(0, founded)
        var body = body(1, entries())
        body[2] = 9
        XCTAssertEqual(
            damage { () throws(JournalDamage) in try replay.take(body, at: 1, into: memory) }, .unknownVersion(9))
        for content in [.entries([9]), .entries([1, 2])] as [JournalRecord.Content] {
            var copy = replay
            guard
                case .malformed? = damage({ () throws(JournalDamage) in
                    try copy.take(self.body(1, content), at: 1, into: memory)
                })
            else { return XCTFail("\(content)") }
        }
        replay = JournalReplay(identity)
        guard case .malformed? = damage(5, .snapshotBegin([])) else { return XCTFail("a beginning without its total") }
    }

    // MARK: What is not of the journal

    func testStrayMessagesAreCountedAndPassedOver() {
        take(0, founded)
        for stray in [[], Array("{}".utf8), [0x43, 0x4A]] {
            XCTAssertNoThrow(try replay.take(stray, at: 7, into: memory))
        }
        XCTAssertEqual(replay.strayCount, 3)
        XCTAssertEqual(replay.offset, 0, "they are no place of the journal")
        take(1, entries(.set(1, 1)))
        assertKnown([1: 1], upTo: 1)
    }

    func testBarriersArePassedOver() {
        for number in [0, 7, .max] as [UInt64] { take(number % 1000, .barrier, epoch: 0, of: .random()) }
        take(3, .barrier, epoch: 0)
        XCTAssertNil(replay.last)
        XCTAssertFalse(replay.hasForeign)
        XCTAssertEqual(replay.strayCount, 0)
        replay = JournalReplay(nil)
        take(3, .barrier, epoch: 0, of: .random())
        XCTAssertNil(replay.identity)
        take(from: 0, [founded, entries()])
        take(0, .barrier, epoch: 0)
        assertKnown([:], upTo: 1)
    }

    func testRecordsOfAnotherJournalArePassedOver() {
        let other = JournalIdentity.random()
        take(0, founded, of: other)
        take(1, entries(.set(1, 99)), of: other)
        take(from: 0, [founded, entries(.set(1, 1))])
        take(2, entries(.set(1, 98)), of: other)
        assertKnown([1: 1], upTo: 1)
        XCTAssertTrue(replay.hasForeign)
    }

    // MARK: What is missing

    func testAnEmptyStreamIsAJournalThatWasNotFounded() {
        XCTAssertNil(problem())
        XCTAssertNil(replay.last)
        XCTAssertFalse(replay.isWhole)
    }

    func testAJournalThatIsKnownToHaveHadRecordsIsGone() { XCTAssertEqual(problem(expecting: 0), .gone) }

    func testAJournalWithOnlyRecordsOfAnotherIsForeign() {
        take(0, founded, of: .random())
        XCTAssertEqual(problem(), .foreign)
        XCTAssertEqual(problem(expecting: 5), .foreign)
    }

    func testAStreamWithStrayMessagesOnlyHasLostItsBeginning() throws {
        try replay.take([1, 2, 3], at: 0, into: memory)
        XCTAssertEqual(problem(), .withoutBeginning)
        XCTAssertEqual(problem(expecting: 5), .withoutBeginning)
    }

    func testAJournalThatEndsBeforeWhatIsKnownIsShorter() {
        take(from: 0, [founded, entries(), entries()])
        XCTAssertNil(problem(expecting: nil))
        XCTAssertNil(problem(expecting: 1))
        XCTAssertNil(problem(expecting: 2))
        XCTAssertEqual(problem(expecting: 3), .shorter(isUpTo: 2, was: 3))
    }

    func testAJournalWithoutItsBeginningAndWithoutASnapshotIsNotKnown() {
        take(from: 3, [entries(.set(1, 1)), entries(.set(2, 2))])
        XCTAssertEqual(problem(), .withoutBeginning)
        XCTAssertEqual(problem(expecting: 9), .withoutBeginning)
        XCTAssertEqual(memory.content, JournalMemory.Content())
    }

    // MARK: Reading on

    private func resume(after last: UInt64, epoch: UInt32 = 3) {
        replay = JournalReplay(identity, after: last, epoch: epoch)
        memory.content.values = [1: 1]
    }

    func testWhoKnowsUpToARecordTakesWhatFollows() {
        resume(after: 7)
        take(from: 6, [entries(.set(1, 99)), entries(.set(1, 98))])
        assertKnown([1: 1], upTo: 7)
        take(8, entries(.set(2, 2)), epoch: 3)
        assertKnown([1: 1, 2: 2], upTo: 8)
        XCTAssertEqual(memory.forgetCount, 0)
    }

    func testWhoKnowsEverythingPassesOverTheBeginningToo() {
        resume(after: 7)
        take(from: 0, [founded, begin(99), piece(1, .set(1, 99)), end(1, 5)])
        take(7, entries(.set(1, 99)))
        assertKnown([1: 1], upTo: 7)
        XCTAssertEqual(memory.forgetCount, 0)
    }

    func testASnapshotOfWhichOnlyTheEndIsNewChangesNothing() {
        resume(after: 7)
        take(
            from: 6, [begin(99), piece(6, .set(1, 99)), piece(6, .set(1, 98)), entries(.set(2, 2)), end(6, 2)], epoch: 3
        )
        assertKnown([1: 1, 2: 2], upTo: 10)
        XCTAssertNil(replay.snapshotOffset)
        take(from: 11, [begin(99), end(11, 0)], epoch: 4)
        XCTAssertEqual(replay.snapshotOffset, 110)
        assertKnown([1: 1, 2: 2], upTo: 12)
    }

    func testAGapBehindWhatIsKnownIsDamage() {
        resume(after: 7)
        XCTAssertEqual(damage(9, entries(), epoch: 3), .gap(after: 7, before: 9))
    }

    func testTheEpochOfWhatIsKnownCounts() {
        resume(after: 7)
        XCTAssertEqual(damage(8, entries(), epoch: 2), .twice(8))
        take(8, entries(), epoch: 3)
        XCTAssertEqual(damage(8, entries(), epoch: 3), .twice(8))
    }

    /// The stream was deleted, and perhaps made anew, while there was no connection.
    func testIfTheLastRecordThatIsKnownIsNotThereTheJournalIsNotTheOneThatItWas() throws {
        resume(after: 7)
        XCTAssertEqual(problem(), .gone)
        XCTAssertEqual(problem(expecting: 7), .gone)
        take(from: 5, [entries(), entries()])
        XCTAssertEqual(problem(), .gone, "it ends before")
        try replay.take([1, 2, 3], at: 0, into: memory)
        take(7, .barrier)
        XCTAssertEqual(problem(), .gone)
        take(7, entries(), of: .random())
        XCTAssertEqual(problem(), .foreign)
        take(7, entries())
        XCTAssertNil(problem())
    }

    func testIfLaterRecordsAreThereThoseThatAreKnownMayHaveBeenDropped() {
        resume(after: 7)
        take(8, entries(.set(2, 2)), epoch: 3)
        assertKnown([1: 1, 2: 2], upTo: 8)
    }
}
