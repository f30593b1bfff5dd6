import CampusModel
import Foundation
import ServiceKit
import ServiceKitTesting
import Workflow
import WorkflowHTTP
import XCTest

/// `GET /notifications`, as the contract has it.
final class NotificationListTests: XCTestCase {
    private let log = NotificationLog()
    private lazy var router = Router([.notifications(log, OrderStatus.allCases, Readiness())])

    private func answer(_ query: KeyValuePairs<String, String> = [:]) async -> HTTPResponse {
        await router.answer(.made("GET", "/notifications", query: query.map { ($0.key, $0.value) }))
    }

    func testAfterAndLimitNarrowTheList() async throws {
        let ids = (0..<5).map { _ in OrderID.random() }
        for id in ids { log.add(id, .reserved, item: "pizza") }
        let all = ids.map(\.description)
        let queries: [(KeyValuePairs<String, String>, [String])] = [
            ([:], all), (["limit": "2"], Array(all[3...])), (["after": all[1]], Array(all[2...])),
            (["after": all[0].uppercased(), "limit": "2"], Array(all[1...2])), (["after": all[4]], []),
        ]
        for (query, expected) in queries {
            let response = await answer(query)
            XCTAssertEqual(response.status, 200, response.text)
            let list = try JSONSerialization.jsonObject(with: Data(response.wholeBody)) as? [[String: Any]]
            XCTAssertEqual(list?.map { $0["order_id"] as? String }, expected, "\(query)")
        }
    }

    func testAValueThatMakesNoSenseIsRefused() async throws {
        for (name, values) in [
            ("limit", ["", "0", "-1", "x", "1.5", "1e2", "1000000001", "9223372036854775808"]),
            ("after", ["", "1", "x", "\(OrderID.random())0"]),
        ] {
            for value in values {
                let response = await answer([name: value])
                XCTAssertEqual(response.status, 400, "\(name)=\(value)")
                XCTAssertTrue(response.text.contains(name), response.text)
            }
        }
        let twice = await answer(["limit": "1", "limit": "2"])
        XCTAssertEqual(twice.status, 400)
        let unknown = await answer(["after": "\(OrderID.random())"])
        XCTAssertEqual(unknown.status, 404)
        XCTAssertEqual(try json(unknown.text)["error"] as? String, "not_found")
    }
}
