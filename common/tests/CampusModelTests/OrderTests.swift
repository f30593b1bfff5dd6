import CampusModel
import StrictJSON
import XCTest

final class OrderTests: XCTestCase {
    private func request(_ text: String) throws -> OrderRequest {
        let json = try JSONObject(Array(text.utf8))
        return OrderRequest(item: try OrderFields.item.read(json), quantity: try OrderFields.quantity.read(json))
    }

    private func assertRefused(_ text: String, naming field: String, line: UInt = #line) {
        XCTAssertThrowsError(try request(text), text, line: line) {
            XCTAssertEqual(($0 as? InvalidField)?.field, field, text, line: line)
        }
    }

    func testUnknownFieldsAreIgnored() throws {
        XCTAssertEqual(
            try request(#"{"extra":{"item":[1]},"item":"burger","quantity":2.0,"note":null}"#),
            OrderRequest(item: "burger", quantity: 2))
    }

    func testItemHas1To64ScalarsWithoutControlCharacters() throws {
        let longest = String(repeating: "🍔", count: 64)
        XCTAssertEqual(try request("{\"item\":\"\(longest)\",\"quantity\":1}").item, longest)
        for item in ["", longest + "x", "a\\u0000b", "a\\nb", "a\u{7F}b", "a\\u0085b"] {
            assertRefused("{\"item\":\"\(item)\",\"quantity\":1}", naming: "item")
        }
        for value in ["7", "null", "true", "[]", "{}"] {
            assertRefused("{\"item\":\(value),\"quantity\":1}", naming: "item")
        }
        assertRefused(#"{"quantity":1}"#, naming: "item")
    }

    func testQuantityIs1To1000() throws {
        XCTAssertEqual(try request(#"{"item":"x","quantity":1}"#).quantity, 1)
        XCTAssertEqual(try request(#"{"item":"x","quantity":1e3}"#).quantity, 1000)
        for value in ["0", "-1", "1001", "1.5", "1e308", "true", "null", "\"2\""] {
            assertRefused("{\"item\":\"x\",\"quantity\":\(value)}", naming: "quantity")
        }
    }

    func testAnOrderReadsBackAsItWasWritten() throws {
        for status in OrderStatus.allCases {
            let order = Order(item: "pizza \"quattro\"", quantity: 7, status: status)
            let text = JSONWriter.object { order.writeFields(to: &$0) }
            XCTAssertEqual(try Order(from: JSONObject(text)), order)
            XCTAssertEqual(JSONWriter.object { order.writeFields(to: &$0) }, text)
        }
    }

    func testAnOrderWithABadFieldIsRefused() throws {
        let good =
            #"{"order_id":"01234567-89AB-cdef-0123-456789abcdef","item":"x","quantity":1,"#
            + #""status":"placed","timestamp":1.5}"#
        XCTAssertNoThrow(try Order(from: JSONObject(Array(good.utf8))))
        for (from, to, field) in [
            ("89AB", "89A", "order_id"), ("\"placed\"", "\"lost\"", "status"), ("1.5", "-1", "timestamp"),
            ("1.5", "1e300", "timestamp"), ("\"timestamp\"", "\"time\"", "timestamp"),
        ] {
            let bad = good.replacing(from, with: to)
            XCTAssertThrowsError(try Order(from: JSONObject(Array(bad.utf8))), bad) {
                XCTAssertEqual(($0 as? InvalidField)?.field, field)
            }
        }
    }

    func testEveryTimestampReadsBackTheSame() throws {
        for _ in 0..<1000 {
            let time = Order.now()
            let json = try JSONObject(JSONWriter.object { $0.field("t", time) })
            XCTAssertEqual(try json.number("t", in: 0...1e12), time)
        }
    }
}
