import XCTest

@testable import Containers

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

    func testInsertingIfAbsentTellsWhetherItDid() {
        var dictionary = SegmentedDictionary<String, Int>()
        for key in 0..<1000 { XCTAssertTrue(dictionary.insertIfAbsent(key, for: "\(key)")) }
        for key in 0..<1000 { XCTAssertFalse(dictionary.insertIfAbsent(-1, for: "\(key)")) }
        XCTAssertEqual((0..<1000).map { dictionary["\($0)"] }, Array(0..<1000))
        XCTAssertEqual(dictionary.count, 1000)
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
