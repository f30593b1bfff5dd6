import OrderRecords
import XCTest

@testable import KafkaClient

final class LogLossTests: XCTestCase {
    private let (first, second) = (TopicPartition("order-events", 0), TopicPartition("order-events", 1))
    private var loss = LogLoss()

    func testALogThatIsWholeHasLostNothing() {
        loss.checkBeginnings([first: (0, 7), second: (0, 0)])
        loss.checkEnds([first: (0, 7), second: (0, 0)], committed: [first: 7])
        loss.checkOutcomes(5, told: 5)
        loss.checkOutcomes(6, told: 5)
        loss.checkOutcomes(0, told: 0)
        XCTAssertTrue(loss.isEmpty, "\(loss.problems)")
    }

    func testWhatWasTrimmedIsToldWithItsPartition() {
        loss.checkBeginnings([first: (0, 7), second: (3, 7)])
        XCTAssertEqual(loss.problems, ["order-events no longer has the first 3 records of partition 1"])
    }

    func testALogThatEndsBeforeWhatAGroupHasReadIsShorter() {
        loss.checkEnds([first: (0, 7), second: (0, 9)], committed: [first: 8, second: 9])
        XCTAssertEqual(loss.problems, ["order-events ends at 7 in partition 0, where 8 was reached before"])
    }

    func testFewerOutcomesThanWereCommittedAreALoss() {
        loss.checkOutcomes(4, told: 5)
        XCTAssertEqual(loss.problems, ["inventory-events has 4 outcomes of 5 that were committed"])
    }

    func testTheGreatestNumberCountsAndWhatIsNoneDoesNot() {
        XCTAssertEqual(DecisionCount.greatest([]), 0)
        XCTAssertEqual(DecisionCount.greatest(["", "of another client", "decided=x", "decided="]), 0)
        XCTAssertEqual(DecisionCount.greatest(["decided=7", DecisionCount.text(11), "decided=9", ""]), 11)
    }

    func testATopicThatMayDropRecordsIsToldWithTheRemedy() {
        let unlimited = ["retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete", "x": "y"]
        XCTAssertEqual(TopicSettings.problems("t", unlimited), [])
        XCTAssertEqual(TopicSettings.problems("t", [:]), [], "who may not ask knows of no problem")
        let week = unlimited.merging(["retention.ms": "604800000"]) { $1 }
        XCTAssertEqual(TopicSettings.problems("t", week).count, 1)
        for part in ["topic t", "retention.ms=604800000", "set retention.ms=-1"] {
            XCTAssertTrue(TopicSettings.problems("t", week).first?.contains(part) ?? false, part)
        }
        XCTAssertEqual(TopicSettings.problems("t", week.merging(["cleanup.policy": "compact"]) { $1 }).count, 2)
    }
}
