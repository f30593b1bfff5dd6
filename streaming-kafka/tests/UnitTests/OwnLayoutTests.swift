import CampusModel
import XCTest

@testable import KafkaClient

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
        try? OrderEvent(value, expecting: Set(OrderEvent.Kind.allCases), fallback: 0)
    }

    func testWhatTheLabWritesIsReadTheFastWay() throws {
        for item in Order.menu {
            for kind in OrderEvent.Kind.allCases {
                let event = OrderEvent(
                    kind, Order(item: item, quantity: 1000), reason: kind == .failed ? "insufficient_stock" : nil)
                XCTAssertEqual(OrderEvent(ownLayout: event.value), event)
            }
        }
    }

    func testWhatTheLabMakesIsWrittenTheFastWayAndAlike() throws {
        for kind in OrderEvent.Kind.allCases {
            for _ in 0..<2000 {
                let seconds = [Int.random(in: 0..<4_294_967_296), 1_795_568_921].randomElement()!
                let micros = [0, 1, 100_000, 999_999, 10, Int.random(in: 0..<1_000_000)].randomElement()!
                let time = [Double(seconds * 1_000_000 + micros) / 1e6, Order.now()].randomElement()!
                let order = Order(
                    item: Order.menu.randomElement()!, quantity: Int.random(in: 1...1000), timestamp: max(1, time))
                let event = OrderEvent(kind, order, reason: kind == .failed ? "insufficient_stock" : nil)
                let value = try XCTUnwrap(OwnLayoutWriter.write(event), "\(time)")
                XCTAssertEqual(String(decoding: value, as: UTF8.self), String(decoding: event.json, as: UTF8.self))
            }
        }
    }

    func testWhateverIsWrittenTheFastWayIsWhatTheGeneralOneWrites() {
        for _ in 0..<5000 {
            let event = randomEvent()
            guard let value = OwnLayoutWriter.write(event) else { continue }
            XCTAssertEqual(String(decoding: value, as: UTF8.self), String(decoding: event.json, as: UTF8.self))
        }
    }

    func testBothWaysReadTheSameFromRandomEvents() {
        for _ in 0..<2000 {
            let event = randomEvent()
            if let fast = OrderEvent(ownLayout: event.value) { XCTAssertEqual(fast, event) }
            XCTAssertEqual(general(event.value), event)
        }
    }

    /// Every prefix, and thousands of values with a byte changed, added or missing.
    func testWhateverTheFastWayTakesTheGeneralOneTakesAlike() {
        var taken = 0
        for _ in 0..<300 {
            let value = randomEvent().value
            for length in 0..<value.count { XCTAssertNil(OrderEvent(ownLayout: Array(value[..<length]))) }
            for _ in 0..<100 {
                var changed = value
                let index = Int.random(in: 0..<value.count)
                switch Int.random(in: 0..<3) {
                case 0: changed[index] = UInt8.random(in: 0...255)
                case 1: changed.insert([0x30, 0x20, 0x2E, 0x22, 0x5C, 0x2D].randomElement()!, at: index)
                default: changed.remove(at: index)
                }
                guard let fast = OrderEvent(ownLayout: changed) else { continue }
                taken += 1
                XCTAssertEqual(general(changed), fast, String(decoding: changed, as: UTF8.self))
            }
        }
        XCTAssertGreaterThan(taken, 100, "the changes must leave some that can be read")
    }
}
