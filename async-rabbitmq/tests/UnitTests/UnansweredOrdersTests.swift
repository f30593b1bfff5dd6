import XCTest

@testable import OrderService

final class UnansweredOrdersTests: XCTestCase {
    private var orders = UnansweredOrders()

    override func setUp() { orders = UnansweredOrders() }

    func testTheFirstRecordIsTheOneWithAnOrderThatIsNotAnsweredFor() {
        XCTAssertNil(orders.first)
        orders.add(3)
        orders.add(7)
        XCTAssertEqual(orders.first, 3)
        orders.remove(3)
        XCTAssertEqual(orders.first, 7)
        orders.remove(7)
        XCTAssertNil(orders.first)
    }

    func testARecordIsAnsweredForOnceAllItsOrdersAre() {
        for _ in 0..<3 { orders.add(5) }
        orders.add(6)
        for _ in 0..<2 { orders.remove(5) }
        XCTAssertEqual(orders.first, 5)
        orders.remove(5)
        XCTAssertEqual(orders.first, 6)
    }

    func testAnswersComeInAnyOrder() {
        for record in [1, 2, 2, 3] as [UInt64] { orders.add(record) }
        for record in [3, 2] as [UInt64] {
            orders.remove(record)
            XCTAssertEqual(orders.first, 1, "an earlier record is open")
        }
        orders.remove(1)
        XCTAssertEqual(orders.first, 2)
        orders.remove(2)
        XCTAssertNil(orders.first)
    }

    func testAnAnswerForARecordThatIsNotKnownChangesNothing() {
        orders.remove(1)
        orders.add(2)
        orders.remove(1)
        orders.remove(3)
        XCTAssertEqual(orders.first, 2)
    }

    func testTheFirstOpenRecordIsRightInAnyOrderOfAnswers() {
        var random = SeededGenerator(1)
        var open: [UInt64] = []
        var newest: UInt64 = 0
        for _ in 0..<5000 {
            if open.isEmpty || Bool.random(using: &random) {
                newest += UInt64.random(in: 0...2, using: &random)
                orders.add(newest)
                open.append(newest)
            } else {
                orders.remove(open.remove(at: Int.random(in: 0..<open.count, using: &random)))
            }
            XCTAssertEqual(orders.first, open.min())
        }
    }
}
