import CampusModel
import XCTest

final class OrderIDTests: XCTestCase {
    func testRandomIDsAreVersion4InLowerCaseAndDiffer() {
        var seen: Set<OrderID> = []
        for _ in 0..<10_000 {
            let id = OrderID.random()
            XCTAssertTrue(seen.insert(id).inserted)
            XCTAssertNotNil(
                "\(id)".wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/), "\(id)")
        }
    }

    func testTextRoundTripsInAnyCase() throws {
        let text = "01234567-89ab-cdef-0123-456789abcdef"
        let id = try XCTUnwrap(OrderID(text))
        XCTAssertEqual("\(id)", text)
        XCTAssertEqual(OrderID(text.uppercased()), id)
    }

    func testOtherTextIsRefused() {
        for text in [
            "", "x", "01234567-89ab-cdef-0123-456789abcde", "01234567-89ab-cdef-0123-456789abcdef0",
            "0123456789ab-cdef-0123-456789abcdef-", "g1234567-89ab-cdef-0123-456789abcdef",
            "{1234567-89ab-cdef-0123-456789abcde}", "01234567_89ab_cdef_0123_456789abcdef",
        ] {
            XCTAssertNil(OrderID(text), text)
        }
    }

    func testEachCharacterIsLookedAt() {
        let text = Array("01234567-89ab-cdef-0123-456789abcdef".utf8)
        for index in text.indices {
            for character in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = character
                let isHyphen = text[index] == UInt8(ascii: "-")
                let digit = Int(String(UnicodeScalar(character)), radix: 16)
                let id = changed.withUnsafeBufferPointer { OrderID(utf8: $0) }
                guard isHyphen ? character == UInt8(ascii: "-") : digit != nil else {
                    XCTAssertNil(id, "\(character) at \(index)")
                    continue
                }
                XCTAssertEqual(id?.description, String(decoding: changed, as: UTF8.self).lowercased())
            }
        }
    }

    func testIdentifiersAreOrderedLikeTheirTexts() {
        let ids = (0..<1000).map { _ in OrderID.random() }
        XCTAssertEqual(ids.sorted().map(\.description), ids.map(\.description).sorted())
        let texts = ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-8000-000000000000"]
        XCTAssertEqual(texts.compactMap { OrderID($0) }.sorted().map(\.description), texts)
    }
}
