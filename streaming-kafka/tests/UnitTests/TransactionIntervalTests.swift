import XCTest

@testable import InventoryConsumer

final class TransactionIntervalTests: XCTestCase {
    func testAStreamOfOrdersGoesInFewTransactionsAndNothingElseWaits() {
        var interval = TransactionInterval()
        XCTAssertEqual(interval.next, 0)
        interval.note(records: 300, begun: 1_000_000_000)
        XCTAssertEqual(interval.next, 1_025_000_000)
        for records in [0, 1, 19, 1000, 5000] {
            interval.note(records: 20, begun: 1_000_000_000)
            XCTAssertGreaterThan(interval.next, 1_000_000_000)
            interval.note(records: records, begun: 1_000_000_000)
            XCTAssertEqual(interval.next, 0, "\(records)")
        }
    }
}
