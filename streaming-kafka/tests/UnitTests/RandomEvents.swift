import CampusModel
import Workflow

@testable import OrderRecords

/// Events with odd values, and texts that are nearly those of events: what the ways to read an event are compared with.
enum RandomEvents {
    static func next() -> OrderEvent {
        let kind = OrderEvent.Kind.allCases.randomElement()!
        let item = [
            "burger", "pizza", "salad", "b", "Caf\u{E9}", String(repeating: "x", count: 64),
            String(repeating: "\u{20AC}", count: 64), "a \"quoted\" one", "back\\slash",
        ].randomElement()!
        let time = [
            0, 1, 0.5, 1_795_568_921.188696, 1_795_568_921.1886961, 1e-7, 4_294_967_295.999999, 4_294_967_296.5,
            253_402_300_799, Double.random(in: 0...2e9), Order.now(),
            Double(Int.random(in: 1_000_000...4_294_967_295_999_999)) / 1e6, Double(Int.random(in: 0..<1000)) / 1e3,
        ].randomElement()!
        let order = Order(item: item, quantity: Int.random(in: 1...1000), timestamp: time)
        let reason = ["unknown_item", "a \u{1} in it", nil].randomElement()!
        return OrderEvent(kind, order, reason: kind == .failed ? reason : nil)
    }

    /// The text with one byte changed, added or missing.
    static func broken(_ text: [UInt8]) -> [UInt8] {
        var broken = text
        let index = Int.random(in: 0..<text.count)
        switch Int.random(in: 0..<3) {
        case 0: broken[index] = UInt8.random(in: 0...255)
        case 1: broken.insert([0x30, 0x20, 0x2E, 0x22, 0x5C, 0x2D].randomElement()!, at: index)
        default: broken.remove(at: index)
        }
        return broken
    }
}
