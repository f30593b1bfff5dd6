import KafkaClient
import XCTest

final class ReadProgressTests: XCTestCase {
    private let place = TopicPartition("t", 0)

    func testWhatWasReadIsToBeCommittedOnce() {
        var progress = ReadProgress(next: [place: 0])
        XCTAssertFalse(progress.move(place, from: 0, to: 1))
        XCTAssertEqual(progress.uncommitted, [place: 1])
        progress.noteCommitted([place: 1])
        XCTAssertEqual(progress.uncommitted, [:])
        progress.forgetCommitted()
        XCTAssertEqual(progress.uncommitted, [place: 1])
    }

    func testAnEndBehindMarkersMovesOn() {
        var progress = ReadProgress(next: [place: 3], committed: [place: 3])
        XCTAssertFalse(progress.move(place, from: 5, to: 5))
        XCTAssertEqual(progress.uncommitted, [place: 5])
    }

    /// As where the log was lost: none of what comes then has been read before.
    func testAPartitionThatGoesBackBeginsAnewAndIsCommittedAgain() {
        var progress = ReadProgress(next: [place: 2], committed: [place: 2])
        XCTAssertTrue(progress.move(place, from: 0, to: 1))
        XCTAssertEqual(progress.next, [place: 1])
        XCTAssertFalse(progress.move(place, from: 1, to: 2))
        XCTAssertEqual(progress.uncommitted, [place: 2], "its offset is the old one, but the group's may be gone")
    }
}
