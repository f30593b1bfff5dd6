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
        XCTAssertEqual(ledger.count, 5)
    }

    func testOneAcknowledgementStandsForTheSettledBeginning() {
        ledger.settle(1)
        ledger.settle(2)
        ledger.settle(4)
        XCTAssertEqual(ledger.acknowledgement(at: 0, isLast: true), 2)
        XCTAssertNil(ledger.acknowledgement(at: 0, isLast: true), "what is acknowledged is not acknowledged again")
        ledger.settle(3)
        XCTAssertEqual(ledger.acknowledgement(at: 0, isLast: true), 4)
        XCTAssertEqual(ledger.count, 1)
    }

    func testARejectedDeliveryIsNeverTheTagOfAnAcknowledgement() {
        ledger.settle(1)
        ledger.reject(2)
        XCTAssertEqual(ledger.acknowledgement(at: 0, isLast: true), 1)
        ledger.reject(3)
        XCTAssertNil(ledger.acknowledgement(at: 0, isLast: true))
        ledger.settle(4)
        ledger.reject(5)
        XCTAssertEqual(ledger.acknowledgement(at: 0, isLast: true), 4)
        XCTAssertEqual(ledger.count, 0)
    }

    func testTagsThatAreUnknownChangeNothing() {
        ledger.settle(9)
        ledger.reject(0)
        XCTAssertNil(ledger.acknowledgement(at: 0, isLast: true))
    }

    func testTagsNeedNotFollowEachOther() {
        var ledger = DeliveryLedger()
        for tag: UInt64 in [3, 7, 8] { ledger.add(tag) }
        ledger.settle(3)
        ledger.settle(7)
        XCTAssertEqual(ledger.acknowledgement(at: 0, isLast: true), 7)
    }

    func testAnAcknowledgementWaitsForOthersButNotForLong() {
        ledger.settle(1)
        XCTAssertNil(ledger.acknowledgement(at: 1000))
        XCTAssertEqual(ledger.deadline, 1000 + DeliveryLedger.pause)
        ledger.settle(2)
        XCTAssertNil(ledger.acknowledgement(at: 999 + DeliveryLedger.pause))
        XCTAssertEqual(ledger.acknowledgement(at: 1000 + DeliveryLedger.pause), 2)
        XCTAssertNil(ledger.deadline)
    }

    func testAFullBatchIsAcknowledgedAtOnce() {
        for tag in 6...UInt64(DeliveryLedger.batch) { ledger.add(tag) }
        for tag in 1...UInt64(DeliveryLedger.batch) - 1 { ledger.settle(tag) }
        XCTAssertNil(ledger.acknowledgement(at: 0))
        ledger.settle(UInt64(DeliveryLedger.batch))
        XCTAssertEqual(ledger.acknowledgement(at: 0), UInt64(DeliveryLedger.batch))
    }
}
