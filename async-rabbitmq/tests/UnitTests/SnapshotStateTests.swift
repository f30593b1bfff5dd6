import XCTest

@testable import Journal

/// When a snapshot is due, and from when on the journal may be read from its beginning.
final class SnapshotStateTests: XCTestCase {
    private var snapshot = SnapshotState()

    override func setUp() { snapshot = SnapshotState() }

    /// Writes a record of such a cost.
    private func count(_ cost: Int) { snapshot.count(bytes: cost - JournalRecord.readingCost(ofBytes: 0)) }

    /// Otherwise a start reads as many small records as have the bytes of a large one, and takes many times as long.
    func testASmallRecordCountsForMoreThanItsBytes() {
        for _ in 0..<1999 { snapshot.count(bytes: 1) }
        XCTAssertFalse(snapshot.isDue(8_000_000))
        snapshot.count(bytes: 1)
        XCTAssertTrue(snapshot.isDue(8_000_000))
    }

    func testASnapshotIsDueAfterSoMuch() {
        XCTAssertFalse(snapshot.isDue(100))
        count(60)
        count(39)
        XCTAssertFalse(snapshot.isDue(100))
        count(1)
        XCTAssertTrue(snapshot.isDue(100))
        XCTAssertFalse(snapshot.isDue(101))
    }

    func testNoSnapshotIsDueWhileOneIsBeingWritten() {
        count(100)
        snapshot.start(5, at: 7)
        XCTAssertTrue(snapshot.isBeingWritten)
        XCTAssertEqual(snapshot.begin, 5)
        count(1000)
        XCTAssertFalse(snapshot.isDue(100))
        (snapshot.isBeingWritten, snapshot.end) = (false, 8)
        XCTAssertFalse(snapshot.isDue(100), "its end is not confirmed yet")
        snapshot.confirm(upTo: 8)
        count(1000)
        XCTAssertTrue(snapshot.isDue(100))
    }

    /// Otherwise a snapshot that is larger than the interval would be followed by the next one at once, for ever.
    func testAfterALargeSnapshotAQuarterOfItMustBeWritten() {
        snapshot.start(5, at: 7)
        count(500)
        (snapshot.isBeingWritten, snapshot.end) = (false, 8)
        count(10)
        snapshot.confirm(upTo: 8)
        XCTAssertFalse(snapshot.isDue(100), "it was written just now")
        count(126)
        XCTAssertFalse(snapshot.isDue(100))
        count(1)
        XCTAssertTrue(snapshot.isDue(100))
        XCTAssertFalse(snapshot.isDue(128))
        snapshot.start(20, at: 30)
        count(20)
        (snapshot.isBeingWritten, snapshot.end) = (false, 22)
        snapshot.confirm(upTo: 22)
        count(99)
        XCTAssertFalse(snapshot.isDue(100))
        count(1)
        XCTAssertTrue(snapshot.isDue(100), "the last one was small")
    }

    func testWhatStandsInTheJournalCounts() {
        snapshot.read(60, afterSnapshotOf: nil)
        snapshot.read(40, afterSnapshotOf: nil)
        XCTAssertTrue(snapshot.isDue(100))
        snapshot.read(60, afterSnapshotOf: 800)
        XCTAssertFalse(snapshot.isDue(60))
        count(139)
        XCTAssertFalse(snapshot.isDue(60))
        count(1)
        XCTAssertTrue(snapshot.isDue(60))
    }

    func testWhereAWholeSnapshotBeganIsToldOnce() {
        XCTAssertNil(snapshot.takeOffset())
        snapshot.start(5, at: 7)
        snapshot.confirm(upTo: 100)
        XCTAssertNil(snapshot.takeOffset(), "it has no end")
        (snapshot.isBeingWritten, snapshot.end) = (false, 8)
        snapshot.confirm(upTo: nil)
        snapshot.confirm(upTo: 7)
        XCTAssertNil(snapshot.takeOffset(), "its end is not confirmed")
        snapshot.confirm(upTo: 8)
        XCTAssertEqual(snapshot.takeOffset(), 7)
        XCTAssertNil(snapshot.takeOffset())
        snapshot.confirm(upTo: 9)
        XCTAssertNil(snapshot.takeOffset())
    }

    func testASnapshotThatIsBrokenOffIsNeverWhole() {
        for isAtItsEnd in [false, true] {
            snapshot.start(5, at: 7)
            if isAtItsEnd { (snapshot.isBeingWritten, snapshot.end) = (false, 8) }
            snapshot.breakOff()
            XCTAssertFalse(snapshot.isBeingWritten)
            snapshot.confirm(upTo: 100)
            XCTAssertNil(snapshot.takeOffset())
        }
    }

    func testThePiecesOfEachSnapshotAreCounted() {
        snapshot.start(5, at: 7)
        snapshot.pieces += 3
        snapshot.start(50, at: 70)
        XCTAssertEqual(snapshot.pieces, 0)
        XCTAssertEqual(snapshot.begin, 50)
    }

    /// Otherwise a service whose connection is lost often would never write one.
    func testAfterASnapshotThatWasBrokenOffTheNextOneIsDueAtOnce() {
        for isAtItsEnd in [false, true] {
            snapshot = SnapshotState()
            count(100)
            snapshot.start(5, at: 7)
            count(500)
            if isAtItsEnd { (snapshot.isBeingWritten, snapshot.end) = (false, 8) }
            snapshot.breakOff()
            XCTAssertTrue(snapshot.isDue(600))
            XCTAssertFalse(snapshot.isDue(601))
            snapshot.breakOff()
            XCTAssertEqual(snapshot.cost, 600, "once")
        }
    }

    func testIfNoSnapshotIsBeingWrittenNothingIsBrokenOff() {
        count(100)
        snapshot.start(5, at: 7)
        (snapshot.isBeingWritten, snapshot.end) = (false, 8)
        snapshot.confirm(upTo: 8)
        count(10)
        snapshot.breakOff()
        XCTAssertEqual(snapshot.cost, 10)
        XCTAssertEqual(snapshot.takeOffset(), 7)
    }
}
