import Containers
import XCTest

final class DeadlineHeapTests: XCTestCase {
    private func due(_ heap: inout DeadlineHeap<Int>, _ now: UInt64) -> [Int] {
        var due: [Int] = []
        while let element = heap.popDue(now) { due.append(element) }
        return due
    }

    func testNothingIsDueInAnEmptyHeap() {
        var heap = DeadlineHeap<Int>()
        XCTAssertNil(heap.earliest)
        XCTAssertEqual(due(&heap, .max), [])
    }

    func testElementsComeOutInTheOrderOfTheirDeadlines() {
        for count in [1, 2, 3, 10, 1_000] {
            var heap = DeadlineHeap<Int>()
            // Few different ones, so that many are equal.
            let deadlines = (0..<count).map { _ in UInt64.random(in: 0...UInt64(count)) }
            for (number, deadline) in deadlines.enumerated() {
                heap.insert(number, at: deadline)
                XCTAssertEqual(heap.earliest, deadlines[...number].min())
            }
            let due = due(&heap, .max)
            XCTAssertEqual(due.map { deadlines[$0] }, deadlines.sorted())
            XCTAssertEqual(due.sorted(), Array(0..<count), "each comes out once")
            XCTAssertNil(heap.earliest)
        }
    }

    func testOnlyThoseWhoseTimeHasComeAreDue() {
        var heap = DeadlineHeap<Int>()
        for deadline in [30, 10, 20] { heap.insert(deadline, at: UInt64(deadline)) }
        XCTAssertEqual(due(&heap, 9), [])
        XCTAssertEqual(due(&heap, 20), [10, 20])
        XCTAssertEqual(heap.earliest, 30)
        XCTAssertEqual(due(&heap, 29), [])
        XCTAssertEqual(due(&heap, 30), [30])
    }

    func testElementsMayComeWhileOthersGo() {
        var heap = DeadlineHeap<Int>()
        var waiting: [Int] = []
        for now in 0..<500 {
            for _ in 0..<Int.random(in: 0...4) {
                let deadline = Int.random(in: now...now + 100)
                waiting.append(deadline)
                heap.insert(deadline, at: UInt64(deadline))
            }
            XCTAssertEqual(due(&heap, UInt64(now)), waiting.filter { $0 <= now }.sorted())
            waiting.removeAll { $0 <= now }
            XCTAssertEqual(heap.earliest, waiting.min().map { UInt64($0) })
        }
    }

    func testAllCanBeTakenOut() {
        var heap = DeadlineHeap<Int>()
        heap.insert(1, at: 1)
        heap.removeAll()
        XCTAssertNil(heap.earliest)
        XCTAssertEqual(due(&heap, .max), [])
    }

    func testWhatIsTakenOutLeavesTheOthersInTheirOrder() {
        var heap = DeadlineHeap<UInt64>()
        for deadline in (0..<100 as Range<UInt64>).shuffled() { heap.insert(deadline, at: deadline) }
        heap.removeAll { !$0.isMultiple(of: 3) }
        XCTAssertEqual(heap.count, 34)
        var popped: [UInt64] = []
        while let element = heap.popDue(.max) { popped.append(element) }
        XCTAssertEqual(popped, Array(stride(from: 0, to: 100, by: 3)))
    }
}
