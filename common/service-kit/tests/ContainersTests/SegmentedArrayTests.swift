import XCTest

@testable import Containers

final class SegmentedArrayTests: XCTestCase {
    private func numbers(_ count: Int) -> SegmentedArray<Int> {
        var array = SegmentedArray<Int>()
        for number in 0..<count { array.append(number) }
        return array
    }

    private func assert(_ array: SegmentedArray<Int>, holds expected: [Int], line: UInt = #line) {
        XCTAssertEqual(array.count, expected.count, line: line)
        XCTAssertEqual((0..<array.count).map { array[$0] }, expected, line: line)
    }

    func testElementsStandInTheOrderTheyWereAppended() {
        for count in [0, 1, 1023, 1024, 1025, 10_000] { assert(numbers(count), holds: Array(0..<count)) }
    }

    func testAnyElementCanBeReplaced() {
        var array = numbers(3_000)
        var expected = Array(0..<3_000)
        for index in [0, 1023, 1024, 2047, 2999] {
            array[index] = -index
            expected[index] = -index
        }
        assert(array, holds: expected)
    }

    func testACopyDoesNotChangeWithTheOriginal() {
        var array = numbers(1_500)
        let copy = array
        array.append(1_500)
        array[0] = -1
        array[1_499] = -2
        assert(copy, holds: Array(0..<1_500))
        XCTAssertEqual([array.count, array[0], array[1_499], array[1_500]], [1_501, -1, -2, 1_500])
    }

    func testTheOriginalDoesNotChangeWithACopy() {
        let array = numbers(1_024)
        var copy = array
        copy[1_023] = -1
        copy.append(7)
        assert(array, holds: Array(0..<1_024))
        assert(copy, holds: Array(0..<1_023) + [-1, 7])
    }

    func testTheLastElementIsTakenOutAlsoOverTheEdgeOfASegment() {
        for count in [1, 1023, 1024, 1025, 2049] {
            var array = numbers(count)
            for last in stride(from: count - 1, through: 0, by: -1) {
                XCTAssertEqual(array.removeLast(), last)
                XCTAssertEqual(array.count, last)
            }
            array.append(7)
            assert(array, holds: [7])
        }
    }

    func testWhatIsAppendedTakesThePlaceOfWhatWasTakenOut() {
        var array = numbers(1_026)
        var expected = Array(0..<1_026)
        for number in 0..<4_000 {
            // Back and forth over the edge between two segments.
            if number % 8 < 4 {
                XCTAssertEqual(array.removeLast(), expected.removeLast())
            } else {
                array.append(-number)
                expected.append(-number)
            }
            XCTAssertEqual(array.count, expected.count)
        }
        assert(array, holds: expected)
    }

    func testACopyKeepsWhatTheOriginalLoses() {
        var array = numbers(1_025)
        let copy = array
        array.removeLast()
        array.removeLast()
        assert(copy, holds: Array(0..<1_025))
        assert(array, holds: Array(0..<1_023))
    }

    func testASegmentThatIsFreedKeepsItsPlaces() {
        var array = numbers(3_000)
        XCTAssertTrue(array.free(segment: SegmentedArray<Int>.segment(of: 1_500)))
        XCTAssertEqual(array.count, 3_000)
        XCTAssertEqual([array[1_023], array[2_048], array[2_999]], [1_023, 2_048, 2_999])
        XCTAssertFalse(array.free(segment: SegmentedArray<Int>.segment(of: 2_999)), "the last one is kept")
        XCTAssertEqual(array.removeLast(), 2_999)
        array.append(7)
        XCTAssertEqual(array[2_999], 7)
    }
}
