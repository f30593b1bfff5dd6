import Containers
import XCTest

@testable import AMQPClient

final class DeliveryLedgerTests: XCTestCase {
    private var ledger = DeliveryLedger()

    override func setUp() {
        ledger = DeliveryLedger()
        for tag: UInt64 in 1...5 { ledger.add(tag) }
    }

    func testNothingIsAcknowledgedBeforeItIsDone() {
        XCTAssertNil(ledger.acknowledgement(at: 0, isLast: true))
        XCTAssertEqual(ledger.entries.count, 5)
    }

    func testOneAcknowledgementStandsForAllThatAreCompletedInARow() {
        ledger.complete(1)
        ledger.complete(2)
        ledger.complete(4)
        XCTAssertEqual(ledger.acknowledgement(at: 0, isLast: true), 2)
        XCTAssertNil(ledger.acknowledgement(at: 0, isLast: true), "what is acknowledged is not acknowledged again")
        ledger.complete(3)
        XCTAssertEqual(ledger.acknowledgement(at: 0, isLast: true), 4)
        XCTAssertEqual(ledger.entries.count, 1)
    }

    func testARejectedDeliveryIsNeverTheTagOfAnAcknowledgement() {
        ledger.complete(1)
        ledger.reject(2)
        XCTAssertEqual(ledger.acknowledgement(at: 0, isLast: true), 1)
        ledger.reject(3)
        XCTAssertNil(ledger.acknowledgement(at: 0, isLast: true))
        ledger.complete(4)
        ledger.reject(5)
        XCTAssertEqual(ledger.acknowledgement(at: 0, isLast: true), 4)
        XCTAssertEqual(ledger.entries.count, 0)
    }

    func testTagsThatAreUnknownChangeNothing() {
        ledger.complete(9)
        ledger.reject(0)
        XCTAssertNil(ledger.acknowledgement(at: 0, isLast: true))
    }

    func testTagsNeedNotFollowEachOther() {
        var ledger = DeliveryLedger()
        for tag: UInt64 in [3, 7, 8] { ledger.add(tag) }
        ledger.complete(3)
        ledger.complete(7)
        XCTAssertEqual(ledger.acknowledgement(at: 0, isLast: true), 7)
    }

    func testAnAcknowledgementWaitsForOthersButNotForLong() {
        ledger.complete(1)
        XCTAssertNil(ledger.acknowledgement(at: 1000))
        XCTAssertEqual(ledger.deadline, 1000 + DeliveryLedger.pause)
        ledger.complete(2)
        XCTAssertNil(ledger.acknowledgement(at: 999 + DeliveryLedger.pause))
        XCTAssertEqual(ledger.acknowledgement(at: 1000 + DeliveryLedger.pause), 2)
        XCTAssertNil(ledger.deadline)
    }

    func testAFullBatchIsAcknowledgedAtOnce() {
        for tag in 6...UInt64(DeliveryLedger.batch) { ledger.add(tag) }
        for tag in 1...UInt64(DeliveryLedger.batch) - 1 { ledger.complete(tag) }
        XCTAssertNil(ledger.acknowledgement(at: 0))
        ledger.complete(UInt64(DeliveryLedger.batch))
        XCTAssertEqual(ledger.acknowledgement(at: 0), UInt64(DeliveryLedger.batch))
    }
}
