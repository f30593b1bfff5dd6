import CampusModel
import XCTest

@testable import ServiceKit

final class SegmentedDictionaryTests: XCTestCase {
    func testItHoldsWhatADictionaryHolds() {
        var mine = SegmentedDictionary<String, Int>()
        var theirs: [String: Int] = [:]
        for step in 0..<20_000 {
            let key = "\(Int.random(in: 0..<3_000))"
            let value = Int.random(in: 0..<3) == 0 ? nil : step
            XCTAssertEqual(mine[key], theirs[key])
            mine[key] = value
            theirs[key] = value
        }
        XCTAssertGreaterThan(theirs.count, 1_000)
        XCTAssertEqual(mine.count, theirs.count)
        for key in 0..<3_000 { XCTAssertEqual(mine["\(key)"], theirs["\(key)"]) }
    }

    func testAKeyThatIsNotThereHasNoValue() {
        var dictionary = SegmentedDictionary<String, Int>()
        XCTAssertNil(dictionary["a"])
        dictionary["a"] = 1
        dictionary["a"] = nil
        XCTAssertNil(dictionary["a"])
        XCTAssertEqual(dictionary.count, 0)
    }

    func testInsertingKeepsTheValueThatIsThere() {
        var dictionary = SegmentedDictionary<String, Int>()
        XCTAssertEqual(dictionary.insert(1, for: "a"), 1)
        XCTAssertEqual(dictionary.insert(2, for: "a"), 1)
        XCTAssertEqual(dictionary["a"], 1)
        XCTAssertEqual(dictionary.count, 1)
    }

    func testIdentifiersThatDifferInAnyByteAreDifferentKeys() {
        let ids = (0..<2_000).map { _ in OrderID.random() }
        var dictionary = SegmentedDictionary<OrderID, Int>()
        for (index, id) in ids.enumerated() { XCTAssertEqual(dictionary.insert(index, for: id), index) }
        for (index, id) in ids.enumerated() { XCTAssertEqual(dictionary[id], index) }
    }

    func testIdentifiersAreSpreadOverAllParts() {
        let ids = (0..<256).compactMap { byte in
            OrderID("01234567-89ab-4def-8123-456789abcd" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
        }
        XCTAssertEqual(Set(ids.map(\.segment)).count, 256)
    }

    func testASetHoldsAnElementOnce() {
        var set = SegmentedSet<String>()
        XCTAssertTrue(set.insert("a"))
        XCTAssertFalse(set.insert("a"))
        XCTAssertTrue(set.insert("b"))
        set.remove("a")
        set.remove("c")
        XCTAssertTrue(set.insert("a"))
        XCTAssertFalse(set.insert("b"))
    }

    func testACopyDoesNotChangeWithTheOriginal() {
        var dictionary = SegmentedDictionary<String, Int>()
        dictionary["a"] = 1
        let copy = dictionary
        dictionary["a"] = 2
        dictionary["b"] = 3
        XCTAssertEqual(copy["a"], 1)
        XCTAssertNil(copy["b"])
    }
}
