import CampusModel
import Foundation
import ServiceKit
import ServiceKitTesting
import Workflow
import WorkflowHTTP
import XCTest

/// `GET /orders` and `GET /orders/{order_id}`, as the contract has them.
final class OrderListTests: XCTestCase {
    private let store = OrderStore()
    private let readiness = Readiness()
    private lazy var router = Router(Route.orders(store, OrderStatus.allCases, readiness))

    private func placed(_ statuses: [OrderStatus]) -> [Order] {
        let orders = statuses.enumerated().map { Order(item: "pizza", quantity: $0 + 1, status: $1) }
        for order in orders { store.put(order) }
        return orders
    }

    private func answer(_ path: String, _ query: KeyValuePairs<String, String> = [:]) async -> HTTPResponse {
        await router.answer(.made("GET", path, query: query.map { ($0.key, $0.value) }))
    }

    /// The orders that the list shows, read with a reader that is not the project's own.
    private func list(_ query: KeyValuePairs<String, String> = [:], line: UInt = #line) async throws -> [String] {
        let response = await answer("/orders", query)
        XCTAssertEqual(response.status, 200, response.text, line: line)
        let list = try JSONSerialization.jsonObject(with: Data(response.wholeBody)) as? [[String: Any]]
        return try XCTUnwrap(list, response.text, line: line).map { try XCTUnwrap($0["order_id"] as? String) }
    }

    private func assertRefused(_ name: String, _ values: [String], line: UInt = #line) async {
        for value in values {
            let response = await answer("/orders", [name: value])
            XCTAssertEqual(response.status, 400, "\(name)=\(value)", line: line)
            XCTAssertTrue(response.text.contains(name), response.text, line: line)
        }
    }

    /// An empty list would be taken for the truth.
    func testWhatTheServiceDoesNotKnowItDoesNotTell() async throws {
        let order = placed([.placed])[0]
        readiness.missingState = "the orders, which are being rebuilt from the log"
        for path in ["/orders", "/orders/\(order.id)", "/orders/\(OrderID.random())"] {
            let response = await answer(path)
            XCTAssertEqual(response.status, 503, path)
            XCTAssertEqual(try json(response.text)["error"] as? String, "not_ready")
            XCTAssertTrue(response.text.contains("the orders, which are being rebuilt"), response.text)
            XCTAssertTrue(response.headers.contains { $0.name == "Retry-After" })
        }
        readiness.missingState = nil
        let shown = try await list()
        XCTAssertEqual(shown, ["\(order.id)"])
    }

    func testNoOrdersAreAnEmptyList() async {
        let response = await answer("/orders")
        XCTAssertEqual(response.text, "[]")
        XCTAssertEqual(response.contentType, "application/json")
    }

    func testTheListGoesFromTheOldestOrder() async throws {
        let orders = placed(Array(repeating: .placed, count: 2_500))
        let shown = try await list()
        XCTAssertEqual(shown, orders.map { "\($0.id)" })
    }

    func testAnOrderIsShownWithItsFiveFields() async throws {
        let order = Order(
            id: try XCTUnwrap(OrderID("01234567-89ab-cdef-0123-456789abcdef")), item: "a \"b\"", quantity: 2,
            status: .reserved, timestamp: 1.5)
        store.put(order)
        let text =
            #"{"order_id":"01234567-89ab-cdef-0123-456789abcdef","item":"a \"b\"","quantity":2,"#
            + #""status":"reserved","timestamp":1.5}"#
        let list = await answer("/orders")
        let single = await answer("/orders/\("\(order.id)".uppercased())")
        XCTAssertEqual(list.text, "[\(text)]")
        XCTAssertEqual(single.text, text)
        XCTAssertEqual(single.status, 200)
    }

    func testStatusChoosesOrders() async throws {
        let orders = placed([.placed, .failed, .placed, .timeout, .failed]).map { "\($0.id)" }
        for (status, expected) in [("failed", [1, 4]), ("placed", [0, 2]), ("timeout", [3]), ("notified", [])] {
            let shown = try await list(["status": status])
            XCTAssertEqual(shown, expected.map { orders[$0] }, status)
        }
        await assertRefused("status", ["", "PLACED", "lost", "placed "])
    }

    func testLimitChoosesTheNewestStillOldestFirst() async throws {
        let orders = placed(Array(repeating: .placed, count: 5)).map { "\($0.id)" }
        for limit in [1, 2, 5, 6, 1_000_000_000] {
            let shown = try await list(["limit": "\(limit)"])
            XCTAssertEqual(shown, Array(orders.suffix(limit)), "\(limit)")
        }
        await assertRefused("limit", ["", "0", "-1", "x", "1.5", "1e2", "1000000001", "9223372036854775808"])
    }

    func testLimitCountsThoseOfTheStatus() async throws {
        let orders = placed([.failed, .placed, .failed, .failed, .placed]).map { "\($0.id)" }
        let shown = try await list(["limit": "2", "status": "failed"])
        XCTAssertEqual(shown, [orders[2], orders[3]])
    }

    func testWhatIsHiddenIsNeitherListedNorCounted() async throws {
        let first = placed([.placed])[0]
        let hidden = [Order(item: "salad", quantity: 1), Order(item: "salad", quantity: 2)]
        store.hide(hidden)
        let last = placed([.failed, .placed])
        store.hide(hidden.map { Order(item: $0.item, quantity: 3) })
        let expected = ([first] + last).map { "\($0.id)" }
        let queries: [(KeyValuePairs<String, String>, [String])] = [
            ([:], expected), (["limit": "2"], Array(expected[1...])), (["limit": "9"], expected),
            (["status": "placed"], [expected[0], expected[2]]), (["status": "placed", "limit": "1"], [expected[2]]),
            (["order_id": "\(hidden[0].id)"], []),
        ]
        for (query, expected) in queries {
            let shown = try await list(query)
            XCTAssertEqual(shown, expected, "\(query)")
        }
    }

    func testOrderIDChoosesOneOrNone() async throws {
        let order = placed([.placed, .failed])[1]
        for (query, expected) in [
            (["order_id": "\(order.id)"], ["\(order.id)"]), (["order_id": "\(OrderID.random())"], []),
            (["order_id": "\(order.id)", "status": "failed"], ["\(order.id)"]),
            (["order_id": "\(order.id)", "status": "placed"], []),
        ] as [(KeyValuePairs<String, String>, [String])] {
            let shown = try await list(query)
            XCTAssertEqual(shown, expected, "\(query)")
        }
        await assertRefused("order_id", ["", "1", "\(order.id)0"])
    }

    func testAfterChoosesWhatWasPlacedLater() async throws {
        let orders = placed([.placed, .failed, .placed, .failed, .placed]).map { "\($0.id)" }
        let queries: [(KeyValuePairs<String, String>, [String])] = [
            (["after": orders[1]], Array(orders[2...])), (["after": orders[4]], []),
            (["after": orders[0].uppercased(), "limit": "2"], Array(orders[1...2])),
            (["after": orders[0], "status": "placed", "limit": "1"], [orders[2]]),
            (["after": orders[0], "order_id": orders[1]], [orders[1]]),
            (["after": orders[1], "order_id": orders[1]], []),
        ]
        for (query, expected) in queries {
            let shown = try await list(query)
            XCTAssertEqual(shown, expected, "\(query)")
        }
        await assertRefused("after", ["", "1", orders[0] + "0", "null"])
        let unknown = await answer("/orders", ["after": "\(OrderID.random())"])
        XCTAssertEqual(unknown.status, 404)
        XCTAssertEqual(try json(unknown.text)["error"] as? String, "not_found")
        XCTAssertTrue(unknown.text.contains("after"), unknown.text)
    }

    func testAParameterGivenTwiceIsRefused() async {
        let response = await answer("/orders", ["limit": "1", "limit": "1"])
        XCTAssertEqual(response.status, 400)
        XCTAssertTrue(response.text.contains("limit"), response.text)
    }

    func testAnOrderThatIsNotThereIsNotFound() async throws {
        _ = placed([.placed])
        for id in ["\(OrderID.random())", "1", "x%20y"] {
            let response = await answer("/orders/\(id)")
            XCTAssertEqual(response.status, 404, id)
            XCTAssertEqual(try json(response.text)["error"] as? String, "not_found")
        }
    }
}
