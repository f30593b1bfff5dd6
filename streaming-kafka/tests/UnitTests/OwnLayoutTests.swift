import CampusModel
import StrictJSON
import Workflow
import XCTest

@testable import OrderRecords

/// The fast way to read an event must never disagree with the general one.
final class OwnLayoutTests: XCTestCase {
    private func general(_ value: [UInt8]) -> OrderEvent? {
        try? OrderEvent(from: JSONObject(value), OrderEvent.Hints(Set(OrderEvent.Kind.allCases)))
    }

    private func fast(_ value: [UInt8]) -> OrderEvent? { value.withUnsafeBufferPointer { OwnLayout.read($0) } }

    /// A field that somebody adds to an event must not be lost.
    func testAFurtherFieldIsLeftToTheGeneralWay() {
        var value = OrderEvent(.placed, Order(item: "burger", quantity: 1)).value
        value.removeLast()
        XCTAssertNil(fast(value + Array(#","source":"canteen"}"#.utf8)))
    }

    func testWhatTheLabWritesIsReadTheFastWay() throws {
        for item in Order.menu {
            for kind in OrderEvent.Kind.allCases {
                let event = OrderEvent(
                    kind, Order(item: item, quantity: 1000), reason: kind == .failed ? "insufficient_stock" : nil)
                XCTAssertEqual(fast(event.value), event)
            }
        }
    }

    func testBothWaysReadTheSameFromRandomEvents() {
        for _ in 0..<2000 {
            let event = RandomEvents.next()
            if let fast = self.fast(event.value) { XCTAssertEqual(fast, event) }
            XCTAssertEqual(general(event.value), event)
        }
    }

    /// Every prefix, and thousands of values with a byte changed, added or missing.
    func testWhateverTheFastWayTakesTheGeneralOneTakesAlike() {
        var taken = 0
        for _ in 0..<300 {
            let value = RandomEvents.next().value
            for length in 0..<value.count { XCTAssertNil(fast(Array(value[..<length]))) }
            for _ in 0..<100 {
                let changed = RandomEvents.broken(value)
                guard let fast = self.fast(changed) else { continue }
                taken += 1
                XCTAssertEqual(general(changed), fast, String(decoding: changed, as: UTF8.self))
            }
        }
        XCTAssertGreaterThan(taken, 100, "the changes must leave some that can be read")
    }
}
