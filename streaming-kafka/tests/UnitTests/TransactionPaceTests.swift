import XCTest

@testable import InventoryConsumer

final class TransactionPaceTests: XCTestCase {
    func testAStreamOfOrdersGoesInFewTransactionsAndNothingElseWaits() {
        var pace = TransactionPace()
        XCTAssertEqual(pace.next, 0)
        pace.note(records: 300, begun: 1_000_000_000)
        XCTAssertEqual(pace.next, 1_025_000_000)
        for records in [0, 1, 19, 1000, 5000] {
            pace.note(records: 20, begun: 1_000_000_000)
            XCTAssertGreaterThan(pace.next, 1_000_000_000)
            pace.note(records: records, begun: 1_000_000_000)
            XCTAssertEqual(pace.next, 0, "\(records)")
        }
    }
}
