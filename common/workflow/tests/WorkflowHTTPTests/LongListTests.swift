import CampusModel
import Foundation
import ServiceKit
import ServiceKitTesting
import Workflow
import WorkflowHTTP
import XCTest

/// What the loop does for others while a handler looks through a list of very many orders.
final class LongListTests: XCTestCase {
    /// Counts its turns.
    ///
    /// `@unchecked Sendable`: used on the loop's thread only.
    private final class TurnCounter: EventSource, @unchecked Sendable {
        var count = 0
        let deadline: EventLoop.Nanoseconds? = nil
        func takeTurn() { count += 1 }
    }

    private func assertList(
        _ store: OrderStore, _ query: [(name: String, value: String)], has expected: [OrderID],
        turns: PartialRangeFrom<Int>, line: UInt = #line
    ) {
        let router = Router(Route.orders(store, OrderStatus.allCases, Readiness()))
        onLoop(line: line) { loop in
            let others = TurnCounter()
            loop.add(others)
            let response = await router.answer(.made("GET", "/orders", query: query, on: loop))
            loop.remove(others)
            XCTAssertTrue(turns.contains(others.count), "\(others.count) turns", line: line)
            let list = try JSONSerialization.jsonObject(with: Data(response.wholeBody)) as? [[String: Any]]
            XCTAssertEqual(
                list?.map { $0["order_id"] as? String }, expected.map(\.description), line: line)
        }
    }

    /// The newest are looked for from the end: far, if the filter lets few pass.
    func testLookingForTheNewestLetsOthersGetOn() {
        let (store, oldest) = (OrderStore(), Order(item: "burger", quantity: 1, status: .failed))
        store.put(oldest)
        for _ in 0..<399_999 { store.put(Order(item: "burger", quantity: 1, timestamp: 1)) }
        let newest = Order(item: "burger", quantity: 1)
        store.put(newest)
        assertList(store, [("status", "failed"), ("limit", "1")], has: [oldest.id], turns: (400_000 / 20_000)...)
        assertList(store, [("limit", "1")], has: [newest.id], turns: 0...)
    }
}
