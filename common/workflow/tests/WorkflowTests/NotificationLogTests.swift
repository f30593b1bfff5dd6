import CampusModel
import Containers
import Foundation
import XCTest

@testable import Workflow

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

    func testWhetherThereIsAnEntryIsKnownByOrderAndStatus() {
        XCTAssertFalse(log.has(id, .reserved))
        log.add(id, .reserved, item: "burger")
        XCTAssertTrue(log.has(id, .reserved))
        XCTAssertFalse(log.has(id, .failed))
        XCTAssertFalse(log.has(.random(), .reserved))
    }

    func testAnEntryMayHaveATimeThatIsPast() {
        XCTAssertEqual(log.add(id, .reserved, item: "burger", at: 1.5).timestamp, 1.5)
        XCTAssertEqual(log.add(id, .reserved, item: "burger", at: 2.5).timestamp, 1.5, "it was told once")
    }

    // MARK: The list

    private func listed(
        _ log: NotificationLog, after: OrderID? = nil, limit: Int? = nil
    ) throws -> [String?] {
        let list = try log.list(after: after, limit: limit).whole
        let entries = try JSONSerialization.jsonObject(with: Data(list)) as? [[String: Any]]
        return try XCTUnwrap(entries).map { $0["order_id"] as? String }
    }

    func testALimitChoosesTheNewestOrTheNextAfterAnOrder() throws {
        let ids = (0..<2_000).map { _ in OrderID.random() }
        for id in ids { log.add(id, .reserved, item: "pizza") }
        let whole = ids.map(\.description)
        for limit in [1, 7, 2_000, 1_000_000_000] {
            XCTAssertEqual(try listed(log, limit: limit), Array(whole.suffix(limit)), "\(limit)")
            XCTAssertEqual(try listed(log, after: ids[9], limit: limit), Array(whole[10...].prefix(limit)), "\(limit)")
        }
        XCTAssertEqual(try listed(log, after: ids[1_999]), [])
        var pages = [whole[0]]
        while pages.count <= whole.count {
            let page = try listed(log, after: OrderID(pages.last ?? ""), limit: 300).compactMap { $0 }
            if page.isEmpty { break }
            pages += page
        }
        XCTAssertEqual(pages, whole)
    }

    /// A page that ends with an order of two entries must lead on, and not back.
    func testAListAfterAnOrderBeginsAfterItsLastEntry() throws {
        let (other, last) = (OrderID.random(), OrderID.random())
        log.add(id, .reserved, item: "pizza")
        log.add(other, .reserved, item: "pizza")
        log.add(id, .failed, item: "pizza")
        log.add(last, .reserved, item: "pizza")
        XCTAssertEqual(try listed(log, after: id), [last.description])
        XCTAssertEqual(try listed(log, after: other), [id.description, last.description])
    }

    func testAListAfterAnOrderThatIsNotInItIsRefused() {
        let log = NotificationLog(capacity: 10)
        let ids = (0..<10 + NotificationLogTests.segment).map { _ in OrderID.random() }
        for id in ids { log.add(id, .reserved, item: "pizza") }
        for id in [ids[0], .random()] {
            XCTAssertThrowsError(try log.list(after: id)) { XCTAssertEqual(($0 as? UnknownOrder)?.id, id) }
        }
    }

    // MARK: Capacity

    private static let segment = SegmentedArray<NotificationLog.Entry>.segmentLength

    func testTheOldestEntriesAreForgottenASegmentAtATime() throws {
        let (capacity, segment) = (100, NotificationLogTests.segment)
        let log = NotificationLog(capacity: capacity)
        let ids = (0..<capacity + segment).map { _ in OrderID.random() }
        for id in ids.dropLast() { log.add(id, .reserved, item: "pizza") }
        XCTAssertEqual(log.entries.map(\.id), ids.dropLast(), "nothing is forgotten yet")
        log.add(ids[capacity + segment - 1], .reserved, item: "pizza")
        XCTAssertEqual(log.entries.map(\.id), Array(ids[segment...]))
        XCTAssertEqual(log.placeCount, capacity + segment, "the places of the others stay")
        XCTAssertEqual(ids.map { log.has($0, .reserved) }, ids.indices.map { $0 >= segment })
        let list = try JSONSerialization.jsonObject(with: Data(try log.list().whole)) as? [[String: Any]]
        XCTAssertEqual(list?.map { $0["order_id"] as? String }, ids[segment...].map(\.description))
        log.add(ids[0], .reserved, item: "late")
        XCTAssertEqual(log.entries.last?.item, "late", "it counts as a new one")
        log.add(ids[segment], .reserved, item: "late")
        XCTAssertEqual(log.entries.count, capacity + 1, "it is remembered")
    }

    func testForgettingGoesOnAndOn() {
        let log = NotificationLog(capacity: 10)
        let ids = (0..<5 * NotificationLogTests.segment).map { _ in OrderID.random() }
        for id in ids { log.add(id, .reserved, item: "pizza") }
        let entries = log.entries
        XCTAssertGreaterThanOrEqual(entries.count, 10)
        XCTAssertLessThan(entries.count, 10 + NotificationLogTests.segment)
        XCTAssertEqual(entries.map(\.id), ids.suffix(entries.count))
    }

    func testEntriesAreGivenInAnyRange() {
        let (capacity, segment) = (100, NotificationLogTests.segment)
        let log = NotificationLog(capacity: capacity)
        let ids = (0..<capacity + segment).map { _ in OrderID.random() }
        for id in ids { log.add(id, .reserved, item: "pizza") }
        for (from, to, most, expected, next) in [
            (0, segment + 5, 64, segment..<segment + 5, segment + 5), (0, 5, 64, 0..<0, segment),
            (segment + 5, segment + 50, 10, segment + 5..<segment + 15, segment + 15),
            (segment + 5, segment + 15, 10, segment + 5..<segment + 15, segment + 15),
            (segment + 5, segment + 5, 10, 0..<0, segment + 5),
            (segment, capacity + segment, 1000, segment..<capacity + segment, capacity + segment),
        ] {
            let (entries, end) = log.entries(from: from, to: to, most: most)
            XCTAssertEqual(entries.map(\.id), Array(ids[expected]), "\(from) to \(to)")
            XCTAssertEqual(end, next, "\(from) to \(to)")
        }
    }
}
