import CampusModel
import ServiceKit
import XCTest

@testable import OrderService

final class UndecidedOrdersTests: XCTestCase {
    private let orders = UndecidedOrders()
    private let patience = UndecidedOrders.patience

    func testAnOrderIsOverdueWhenItsPatienceIsOver() {
        let id = OrderID.random()
        orders.add(id, at: 0)
        XCTAssertEqual(orders.overdue(at: patience - 1) { _ in true }, [])
        XCTAssertEqual(orders.overdue(at: patience) { _ in true }, [id])
        XCTAssertEqual(orders.overdue(at: patience) { _ in true }, [], "it was sent again just now")
    }

    func testAnOrderThatWasSentAgainIsWaitedForTwiceAsLongEachTime() {
        let id = OrderID.random()
        orders.add(id, at: 0)
        var (now, wait) = (EventLoop.Nanoseconds(0), patience)
        for _ in 0..<20 {
            XCTAssertEqual(orders.overdue(at: now + wait - 1) { _ in true }, [])
            now += wait
            XCTAssertEqual(orders.overdue(at: now) { _ in true }, [id])
            wait = min(wait * 2, UndecidedOrders.mostPatience)
        }
        XCTAssertEqual(orders.overdue(at: now + wait) { _ in false }, [])
        XCTAssertEqual(orders.overdue(at: now + wait) { _ in true }, [], "an order with an outcome is forgotten")
    }

    func testOrdersWithAnOutcomeAreForgotten() {
        let (open, decided) = (OrderID.random(), OrderID.random())
        for id in [decided, open, decided] { orders.add(id, at: 0) }
        XCTAssertEqual(orders.overdue(at: patience) { $0 == open }, [open])
    }

    func testABacklogIsTakenInPortions() {
        for _ in 0..<2500 { orders.add(.random(), at: 0) }
        var portions: [Int] = []
        while case let portion = orders.overdue(at: patience, { _ in true }), !portion.isEmpty {
            portions.append(portion.count)
        }
        XCTAssertEqual(portions, [1000, 1000, 500])
    }
}
