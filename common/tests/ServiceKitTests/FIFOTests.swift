import XCTest

@testable import ServiceKit

final class FIFOTests: XCTestCase {
    func testWhatCameFirstLeavesFirst() {
        var queue = FIFO<Int>()
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
        var queue = FIFO<Int>()
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
        var queue = FIFO<Int>()
        for number in 0..<100 { queue.append(number) }
        for number in 0..<100_000 {
            queue.append(number)
            queue.popFirst()
        }
        XCTAssertEqual(queue.count, 100)
        XCTAssertLessThan(queue.incoming.capacity + queue.outgoing.capacity, 1000)
    }

    func testAMillionLeaveInOrderWhileOthersCome() {
        var queue = FIFO<Int>()
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
