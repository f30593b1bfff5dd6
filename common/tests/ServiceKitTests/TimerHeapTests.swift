import XCTest

@testable import ServiceKit

final class TimerHeapTests: XCTestCase {
    /// A sleeper that nobody resumes, so that a number can stand for it; not 0, which an optional one has for `nil`.
    private func sleeper(_ number: Int) -> TimerHeap.Sleeper { unsafeBitCast(number + 1, to: TimerHeap.Sleeper.self) }

    private func numbers(_ sleepers: [TimerHeap.Sleeper]) -> [Int] {
        sleepers.map { unsafeBitCast($0, to: Int.self) - 1 }
    }

    func testNobodySleepsInAnEmptyHeap() {
        var heap = TimerHeap()
        XCTAssertNil(heap.earliest)
        XCTAssertEqual(heap.due(.max).count, 0)
    }

    func testSleepersComeOutInTheOrderOfTheirDeadlines() {
        for count in [1, 2, 3, 10, 1_000] {
            var heap = TimerHeap()
            // Few different ones, so that many are equal.
            let deadlines = (0..<count).map { _ in EventLoop.Nanoseconds.random(in: 0...UInt64(count)) }
            for (number, deadline) in deadlines.enumerated() {
                heap.insert(deadline, sleeper(number))
                XCTAssertEqual(heap.earliest, deadlines[...number].min())
            }
            let due = numbers(heap.due(.max))
            XCTAssertEqual(due.map { deadlines[$0] }, deadlines.sorted())
            XCTAssertEqual(due.sorted(), Array(0..<count), "each comes out once")
            XCTAssertNil(heap.earliest)
        }
    }

    func testOnlyThoseWhoseTimeHasComeAreDue() {
        var heap = TimerHeap()
        for deadline in [30, 10, 20] { heap.insert(EventLoop.Nanoseconds(deadline), sleeper(deadline)) }
        XCTAssertEqual(numbers(heap.due(9)), [])
        XCTAssertEqual(numbers(heap.due(20)), [10, 20])
        XCTAssertEqual(heap.earliest, 30)
        XCTAssertEqual(numbers(heap.due(29)), [])
        XCTAssertEqual(numbers(heap.due(30)), [30])
    }

    func testSleepersMayComeWhileOthersGo() {
        var heap = TimerHeap()
        var waiting: [Int] = []
        for now in 0..<500 {
            for _ in 0..<Int.random(in: 0...4) {
                let deadline = Int.random(in: now...now + 100)
                waiting.append(deadline)
                heap.insert(EventLoop.Nanoseconds(deadline), sleeper(deadline))
            }
            XCTAssertEqual(numbers(heap.due(EventLoop.Nanoseconds(now))), waiting.filter { $0 <= now }.sorted())
            waiting.removeAll { $0 <= now }
            XCTAssertEqual(heap.earliest, waiting.min().map { EventLoop.Nanoseconds($0) })
        }
    }
}
