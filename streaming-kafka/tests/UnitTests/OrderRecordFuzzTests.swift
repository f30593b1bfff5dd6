import CampusModel
import Foundation
import Workflow
import XCTest

@testable import OrderRecords

/// Odd values and broken text: what the one codec writes it reads again, and what it reads is what Foundation reads.
final class OrderRecordFuzzTests: XCTestCase {
    private static let kinds = Set(OrderEvent.Kind.allCases)
    private var reader = OrderRecordReader(expecting: kinds)

    private func read(_ value: [UInt8]) -> OrderEvent? {
        value.withUnsafeBufferPointer { try? reader.read($0, recordTime: 0) }
    }

    func testRandomEventsReadBackAsTheyWereWritten() throws {
        for _ in 0..<5000 {
            let event = RandomEvents.next()
            let text = String(decoding: event.value, as: UTF8.self)
            XCTAssertEqual(read(event.value), event, text)
            // The number is the shortest text that reads back as the same.
            let time = event.order.timestamp
            let shortest = Int(exactly: time).map { "\($0)" } ?? time.description
            XCTAssertTrue(text.contains("\"timestamp\":\(shortest)"), "\(text) with \(shortest)")
        }
    }

    /// Every prefix, and thousands of values with a byte changed, added or missing.
    func testWhatIsReadOfBrokenTextIsWhatFoundationReads() throws {
        var taken = 0
        for _ in 0..<300 {
            let value = RandomEvents.next().value
            for length in 0..<value.count { XCTAssertNil(read(Array(value[..<length]))) }
            for _ in 0..<100 {
                let changed = RandomEvents.broken(value)
                guard let event = read(changed) else { continue }
                taken += 1
                let text = String(decoding: changed, as: UTF8.self)
                let json = try JSONSerialization.jsonObject(with: Data(changed)) as? [String: Any]
                XCTAssertEqual((json?["order_id"] as? String)?.lowercased(), event.order.id.description, text)
                XCTAssertEqual(json?["item"] as? String, event.order.item, text)
                XCTAssertEqual(json?["quantity"] as? Int, event.order.quantity, text)
                // Foundation's own reading of a number is off by one in the last place here and there.
                let number = text.firstMatch(of: /"timestamp"\s*:\s*([-+.0-9eE]+)/)?.1
                XCTAssertEqual(number.flatMap { Double($0) } ?? 0, event.order.timestamp, text)
                if let type = json?["type"] as? String { XCTAssertEqual(type, event.kind.rawValue, text) }
                if event.kind == .failed { XCTAssertEqual(json?["reason"] as? String, event.reason, text) }
            }
        }
        XCTAssertGreaterThan(taken, 100, "the changes must leave some that can be read")
    }

    /// A reader uses its memory again: nothing of a text may be seen in the next one.
    func testNothingOfATextIsLeftInTheNextOne() {
        let event = OrderEvent(.failed, Order(item: "burger", quantity: 1), reason: "unknown_item")
        XCTAssertEqual(read(event.value), event)
        XCTAssertNil(read(Array("{}".utf8)))
        XCTAssertNil(read(Array("garbage".utf8)))
        XCTAssertNil(read([]))
        let other = OrderEvent(.reserved, Order(item: "pizza", quantity: 2))
        XCTAssertEqual(read(other.value), other)
    }
}
