import LabTesting
import XCTest

final class LatencySampleTests: XCTestCase {
    private struct Failure: Error {}

    /// A series of these times, in milliseconds.
    private func sample(_ milliseconds: [Int], name: String = "x") -> LatencySample {
        var sample = LatencySample(name)
        for time in milliseconds { sample.add(.milliseconds(time)) }
        return sample
    }

    func testNothingMeasuredIsZeroThroughout() {
        let sample = LatencySample("x")
        XCTAssertEqual(sample.count, 0)
        XCTAssertEqual([sample.mean, sample.minimum, sample.maximum, sample.percentile(50)], [0, 0, 0, 0])
    }

    func testMeanMinimumAndMaximum() {
        let sample = sample([4, 1, 3, 4])
        XCTAssertEqual(sample.count, 4)
        XCTAssertEqual([sample.mean, sample.minimum, sample.maximum], [3, 1, 4])
    }

    func testTimesAreMillisecondsWithTheirFraction() {
        var sample = LatencySample("x")
        sample.add(.microseconds(1_500))
        XCTAssertEqual(sample.mean, 1.5, accuracy: 1e-9)
        sample.add(.seconds(3_600) + .nanoseconds(1))
        XCTAssertEqual(sample.maximum, 3_600_000.000_001, accuracy: 1e-9)
    }

    func testAPercentileIsTheNearestRankAndNoInterpolation() {
        let twenty = sample(Array(1...20).shuffled())
        XCTAssertEqual(twenty.percentile(50), 10)
        XCTAssertEqual(twenty.percentile(95), 19)
        XCTAssertEqual(twenty.percentile(96), 20)
        XCTAssertEqual(twenty.percentile(99), 20, "of fewer than 100 it is the longest")
        XCTAssertEqual(twenty.percentile(100), 20)
        XCTAssertEqual(twenty.percentile(0.001), 1)
        XCTAssertEqual(sample([7]).percentile(1), 7)
        XCTAssertEqual(sample([1, 1, 1, 9]).percentile(75), 1)
    }

    func testEachPercentileOfAHundredTimesIsThatTime() {
        let hundred = sample(Array(1...100).shuffled())
        for percent in 1...100 { XCTAssertEqual(hundred.percentile(Double(percent)), Double(percent)) }
        XCTAssertEqual(sample(Array(1...1_000)).percentile(99.9), 999)
    }

    func testMeasureGivesTheResultAndAddsTheTime() {
        var sample = LatencySample("x")
        let result = sample.measure {
            usleep(2_000)
            return 42
        }
        XCTAssertEqual(result, 42)
        XCTAssertEqual(sample.count, 1)
        XCTAssertGreaterThanOrEqual(sample.minimum, 2)
    }

    func testWorkThatFailsIsMeasuredToo() {
        var sample = LatencySample("x")
        XCTAssertThrowsError(try sample.measure { throw Failure() }) { XCTAssertTrue($0 is Failure) }
        XCTAssertEqual(sample.count, 1)
    }

    func testTheTableHasALineForEachSeries() {
        let table = LatencySample.table([sample(Array(1...20), name: "one"), LatencySample("a longer name")])
        let cells = table.split(separator: "\n").map { line in
            line.split(separator: " ").map { String($0) }
        }
        XCTAssertEqual(cells.count, 4)
        XCTAssertEqual(cells[0], ["milliseconds", "n", "min", "mean", "p50", "p95", "p99", "max"])
        XCTAssertEqual(cells[1], ["one", "20", "1.00", "10.50", "10.00", "19.00", "20.00", "20.00"])
        XCTAssertEqual(cells[2], ["a", "longer", "name", "0", "0.00", "0.00", "0.00", "0.00", "0.00", "0.00"])
        XCTAssertTrue(table.hasSuffix("percentiles by nearest rank; with n < 100 the 99th is the longest"))
    }

    func testTheColumnsOfTheTableStandBelowEachOther() {
        let samples = [sample([1], name: "short"), sample([123_456], name: "a name that is rather long")]
        let widths = Set(LatencySample.table(samples).split(separator: "\n").dropLast().map(\.count))
        XCTAssertEqual(widths.count, 1)
    }

    func testTimesAreRoundedToHundredths() {
        var sample = LatencySample("x")
        sample.add(.microseconds(1_994))
        XCTAssertTrue(LatencySample.table([sample]).contains(" 1.99"))
        sample.add(.microseconds(3_998))
        XCTAssertTrue(LatencySample.table([sample]).contains(" 4.00"))
        XCTAssertTrue(LatencySample.table([sample]).contains(" 3.00"), "the mean of both")
    }
}
