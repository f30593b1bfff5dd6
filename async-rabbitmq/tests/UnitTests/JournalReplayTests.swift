import Journal
import XCTest

/// What is made of the records of a stream, one case after the other.
final class JournalReplayTests: JournalReplayTestCase {
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
        let costs = contents.enumerated().map { JournalRecord.readingCost(ofBytes: body(UInt64($0), $1).count) }
        for (index, content) in contents.enumerated() {
            take(UInt64(index), content)
            let start = index < 5 ? 0 : 6
            XCTAssertEqual(replay.cost, costs[...index].dropFirst(start).reduce(0, +), "\(index)")
            XCTAssertEqual(replay.snapshotCost, index < 5 ? nil : costs[2...5].reduce(0, +), "\(index)")
        }
        XCTAssertNoThrow(try replay.take([1, 2, 3], at: nil, into: memory))
        take(7, .barrier)
        take(9, founded, of: .random())
        XCTAssertEqual(replay.cost, costs[6...].reduce(0, +))
        let last = entries(.set(9, 9))
        replay = JournalReplay(identity, after: 8, epoch: 1)
        take(8, last)
        XCTAssertEqual(replay.cost, 0, "that was counted before")
        take(9, last)
        XCTAssertEqual(replay.cost, JournalRecord.readingCost(ofBytes: body(9, last).count))
    }
}
