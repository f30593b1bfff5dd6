import CampusModel
import ServiceKit
import XCTest

@testable import NotificationService

final class NotificationLogTests: XCTestCase {
    func testAnOrderHasOneEntryHoweverOftenItComes() {
        let log = NotificationLog()
        let (first, second) = (Order(item: "burger", quantity: 1), Order(item: "pizza", quantity: 2))
        log.add(first, at: 1)
        log.add(second, at: 2)
        log.add(first, at: 3)
        XCTAssertEqual(log.entries.count, 2)
        XCTAssertEqual(log.entries[0], NotificationLog.Entry(id: first.id, item: "burger", timestamp: 1))
        XCTAssertEqual(log.entries[1].id, second.id)
    }
}
