import Journal
import XCTest

/// Journals that cannot be relied on, and what follows what is known.
final class JournalReplayDamageTests: JournalReplayTestCase {
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

    func testAVersionThatIsNotKnownCountsOnlyIfItIsThisJournals() {
        take(from: 0, [.founded(isAfterLoss: false, time: 0)])
        var own = body(1, entries())
        own[2] = JournalRecord.version + 1
        var foreign = JournalRecord(.random(), epoch: 1, number: 1, .entries([])).body
        foreign[2] = JournalRecord.version + 1
        XCTAssertNil(damage { () throws(JournalDamage) in try replay.take(foreign, at: nil, into: memory) })
        XCTAssertEqual(replay.strayCount, 1)
        XCTAssertEqual(
            damage { () throws(JournalDamage) in try replay.take(own, at: nil, into: memory) },
            .unknownVersion(JournalRecord.version + 1))
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
