import CampusModel
import Containers
import Workflow
import XCTest

final class NotificationLogTests: XCTestCase {
    private let log = NotificationLog()
    private let id = OrderID.random()

    private var entries: [NotificationLog.Entry] {
        let entries = log.entries
        return (0..<entries.count).map { entries[$0] }
    }

    func testAnEntryHoldsWhatWasToldAndWhen() {
        let before = Order.now()
        let entry = log.add(id, .reserved, item: "burger")
        XCTAssertEqual(entry.id, id)
        XCTAssertEqual(entry.status, .reserved)
        XCTAssertEqual(entry.item, "burger")
        XCTAssertGreaterThanOrEqual(entry.timestamp, before)
        XCTAssertLessThanOrEqual(entry.timestamp, Order.now())
        XCTAssertEqual(entries, [entry])
    }

    func testTheSameOrderAndStatusTwiceIsOneEntry() {
        let first = log.add(id, .reserved, item: "burger")
        XCTAssertEqual(log.add(id, .reserved, item: "burger"), first)
        XCTAssertEqual(log.add(id, .reserved, item: "pizza"), first, "the entry that is there is the answer")
        XCTAssertEqual(entries, [first])
    }

    func testAnotherStatusOrOrderIsAnotherEntry() {
        let first = log.add(id, .reserved, item: "burger")
        let second = log.add(id, .failed, item: "burger")
        let third = log.add(.random(), .reserved, item: "burger")
        XCTAssertEqual(entries, [first, second, third])
    }

    func testEntriesStandInTheOrderTheyCame() {
        let ids = (0..<3_000).map { _ in OrderID.random() }
        for id in ids { _ = log.add(id, .reserved, item: "pizza") }
        for id in ids.reversed() { _ = log.add(id, .reserved, item: "pizza") }
        XCTAssertEqual(entries.map(\.id), ids)
    }

    func testASnapshotDoesNotChange() {
        _ = log.add(id, .reserved, item: "burger")
        let snapshot = log.entries
        _ = log.add(.random(), .reserved, item: "burger")
        XCTAssertEqual(snapshot.count, 1)
        XCTAssertEqual(entries.count, 2)
    }
}
