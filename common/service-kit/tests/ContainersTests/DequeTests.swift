import XCTest

@testable import Containers

final class DequeTests: XCTestCase {
    func testWhatCameFirstLeavesFirst() {
        var queue = Deque<Int>()
        XCTAssertNil(queue.popFirst())
        for number in 1...3 { queue.append(number) }
        XCTAssertEqual(queue.popFirst(), 1)
        queue.append(4)
        XCTAssertEqual((0..<4).map { _ in queue.popFirst() }, [2, 3, 4, nil])
        queue.append(5)
        XCTAssertEqual(queue.popFirst(), 5)
        XCTAssertNil(queue.popFirst())
    }

    func testTheFirstIsLookedAtAndStays() {
        var queue = Deque<Int>()
        XCTAssertNil(queue.first)
        XCTAssertTrue(queue.isEmpty)
        for number in 1...3 { queue.append(number) }
        XCTAssertEqual(queue.first, 1)
        queue.popFirst()
        queue.append(4)
        XCTAssertEqual(queue.first, 2)
        XCTAssertEqual(queue.count, 3)
        XCTAssertFalse(queue.isEmpty)
    }

    /// A queue that never runs empty must let go of what was taken out of it.
    func testAStandingBacklogTakesNoMoreMemoryThanItself() {
        var queue = Deque<Int>()
        for number in 0..<100 { queue.append(number) }
        for number in 0..<100_000 {
            queue.append(number)
            queue.popFirst()
        }
        XCTAssertEqual(queue.count, 100)
        XCTAssertLessThan(queue.capacity, 1000)
    }

    func testElementsAreFoundByTheirPlaceHoweverTheRingIsTurned() {
        var (queue, array) = (Deque<Int>(), [Int]())
        for step in 0..<5_000 {
            if Int.random(in: 0..<5) < 3 {
                queue.append(step)
                array.append(step)
            } else {
                let number = Int.random(in: 0...3)
                queue.removeFirst(number)
                array.removeFirst(min(number, array.count))
            }
            XCTAssertEqual(Array(queue), array)
            guard let place = array.indices.randomElement() else { continue }
            (queue[place], array[place]) = (-step, -step)
            XCTAssertEqual(queue[place], array[place])
        }
    }

    func testAfterABurstItsMemoryIsFreed() {
        var queue = Deque<Int>()
        for number in 0..<100_000 { queue.append(number) }
        queue.removeFirst(99_999)
        XCTAssertGreaterThan(queue.capacity, 4096)
        queue.popFirst()
        XCTAssertEqual(queue.capacity, 0)
        for number in 0..<100 { queue.append(number) }
        queue.removeAll()
        XCTAssertTrue(queue.isEmpty)
        XCTAssertLessThanOrEqual(queue.capacity, 4096)
    }

    func testAMillionLeaveInOrderWhileOthersCome() {
        var queue = Deque<Int>()
        for number in 0..<500_000 { queue.append(number) }
        for number in 0..<500_000 {
            queue.append(500_000 + number)
            guard queue.popFirst() == number else { return XCTFail("\(number) is not the next one") }
        }
        for number in 500_000..<1_000_000 {
            guard queue.popFirst() == number else { return XCTFail("\(number) is not the next one") }
        }
        XCTAssertNil(queue.popFirst())
    }
}
