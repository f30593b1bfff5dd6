import CampusModel
import StrictJSON
import Workflow
import XCTest

@testable import OrderRecords

/// The fast way to read an event must never disagree with the general one.
final class OwnLayoutTests: XCTestCase {
    private func randomEvent() -> OrderEvent {
        let kind = OrderEvent.Kind.allCases.randomElement()!
        let item = [
            "burger", "pizza", "salad", "b", "Caf\u{E9}", String(repeating: "x", count: 64),
            String(repeating: "\u{20AC}", count: 64), "a \"quoted\" one", "back\\slash",
        ].randomElement()!
        let time = [
            0, 1, 0.5, 1_795_568_921.188696, 1_795_568_921.1886961, 1e-7, 4_294_967_295.999999, 4_294_967_296.5,
            253_402_300_799, Double.random(in: 0...2e9),
        ].randomElement()!
        let order = Order(item: item, quantity: Int.random(in: 1...1000), timestamp: time)
        let reason = ["unknown_item", "a \u{1} in it", nil].randomElement()!
        return OrderEvent(kind, order, reason: kind == .failed ? reason : nil)
    }

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
            let event = randomEvent()
            if let fast = self.fast(event.value) { XCTAssertEqual(fast, event) }
            XCTAssertEqual(general(event.value), event)
        }
    }

    /// Every prefix, and thousands of values with a byte changed, added or missing.
    func testWhateverTheFastWayTakesTheGeneralOneTakesAlike() {
        var taken = 0
        for _ in 0..<300 {
            let value = randomEvent().value
            for length in 0..<value.count { XCTAssertNil(fast(Array(value[..<length]))) }
            for _ in 0..<100 {
                var changed = value
                let index = Int.random(in: 0..<value.count)
                switch Int.random(in: 0..<3) {
                case 0: changed[index] = UInt8.random(in: 0...255)
                case 1: changed.insert([0x30, 0x20, 0x2E, 0x22, 0x5C, 0x2D].randomElement()!, at: index)
                default: changed.remove(at: index)
                }
                guard let fast = self.fast(changed) else { continue }
                taken += 1
                XCTAssertEqual(general(changed), fast, String(decoding: changed, as: UTF8.self))
            }
        }
        XCTAssertGreaterThan(taken, 100, "the changes must leave some that can be read")
    }
}
