import Foundation
import LabTesting
import XCTest

/// What clients of the three services see.
final class OrderTests: SystemTestCase {
    func testAnOrderIsProducedAndThenReserved() throws {
        let item = try newItem(10)
        let answer = try order(item, 4)
        XCTAssertEqual(answer.status, 201)
        XCTAssertEqual(answer.text("status"), "placed")
        XCTAssertEqual(answer.fields.count, 5)
        let id = try XCTUnwrap(answer.text("order_id"))
        XCTAssertTrue(try Lab.eventually { try ask(.order, "GET", "/orders/\(id)").text("status") == "reserved" })
        try assertStock(item, 6)
        let refused = try XCTUnwrap(try order(item, 7).text("order_id"))
        XCTAssertTrue(try Lab.eventually { try ask(.order, "GET", "/orders/\(refused)").text("status") == "failed" })
        try assertStock(item, 6)
    }

    func testOfTenThousandOrdersExactlyTheStockIsReserved() throws {
        let item = try newItem(100)
        let before = try settledCount()
        let (reserved, failed) = (try stats("reserved"), try stats("failed"))
        _ = try bulk(10_000, item)
        try assertCounted(before + 10_000)
        try assertStats("reserved", reserved + 100)
        try assertStats("failed", failed + 9_900)
        XCTAssertEqual(try stats("processed_count"), try stats("reserved") + stats("failed"))
        try assertStock(item, 0)
        XCTAssertTrue(try Lab.eventually { try orders("?status=placed").isEmpty })
        let held = try orders("?status=reserved").filter { $0["item"] as? String == item }
        XCTAssertEqual(held.count, 100)
    }

    func testTheSameKeyIsTheSameOrder() throws {
        let key = ["Idempotency-Key": UUID().uuidString]
        let first = try order(headers: key)
        XCTAssertEqual(first.status, 201)
        let second = try order(headers: key)
        XCTAssertEqual(second.status, 201)
        XCTAssertEqual(second.text("order_id"), first.text("order_id"))
        XCTAssertEqual(second.headers["idempotent-replayed"], "true")
        assertError(try order("burger", 2, headers: key), 422, "idempotency_conflict")
    }

    func testBadRequestsAreRefused() throws {
        let before = try orders().count
        for (path, body, field) in [
            ("/order", "", "body"), ("/order", #"{"quantity":1}"#, "item"),
            ("/order", #"{"item":"burger","quantity":1e308}"#, "quantity"), ("/orders/bulk", "{}", "count"),
            ("/orders/bulk", #"{"count":0}"#, "count"), ("/orders/bulk", #"{"count":1000001}"#, "count"),
            ("/orders/bulk", #"{"count":"5"}"#, "count"), ("/orders/bulk", #"{"count":1.5}"#, "count"),
            ("/orders/bulk", #"{"count":1,"quantity":0}"#, "quantity"),
            ("/orders/bulk", #"{"count":1,"item":""}"#, "item"),
        ] {
            assertError(try ask(.order, "POST", path, body), 400, "bad_request", naming: field)
        }
        assertError(
            try ask(.analytics, "POST", "/admin/throttle", #"{"seconds":61}"#), 400, "bad_request", naming: "seconds")
        XCTAssertEqual(try orders().count, before)
    }

    func testOwnFailureIs500AndNoOrder() throws {
        let before = try orders().count
        try setFailure(true, .order)
        assertError(try order(), 500, "injected_failure")
        assertError(try ask(.order, "POST", "/orders/bulk", #"{"count":3}"#), 500, "injected_failure")
        XCTAssertEqual(try orders().count, before)
    }

    func testAFailingInventoryHoldsBackAndCatchesUp() throws {
        let item = try newItem(10)
        try setFailure(true, .inventory)
        let id = try XCTUnwrap(try order(item).text("order_id"))
        // Two or three attempts: that they come to nothing cannot be polled for.
        Thread.sleep(forTimeInterval: 2.5)
        XCTAssertEqual(try ask(.order, "GET", "/orders/\(id)").text("status"), "placed")
        try assertStock(item, 10)
        try setFailure(false, .inventory)
        XCTAssertTrue(try Lab.eventually { try ask(.order, "GET", "/orders/\(id)").text("status") == "reserved" })
    }

    func testMetricsAreThereForPrometheusToo() throws {
        let count = try settledCount()
        let answer = try ask(.analytics, "GET", "/metrics", headers: ["Accept": "text/plain"])
        XCTAssertTrue(answer.headers["content-type"]?.hasPrefix("text/plain") ?? false)
        let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
        XCTAssertTrue(lines.contains { $0 == "campus_total_orders \(count)" }, "\(lines)")
        for name in try metrics().keys {
            XCTAssertTrue(lines.contains { $0.hasPrefix("campus_\(name) ") }, "\(name) is missing")
        }
    }

    func testMetricsAreWhatTheClientLikesBest() throws {
        for (accept, type) in [
            ("application/json, text/plain, */*", "application/json"), ("text/plain;q=0.5, */*;q=0.1", "text/plain"),
            ("TEXT/PLAIN", "text/plain"), ("text/plain;q=0, application/json", "application/json"),
        ] {
            let answer = try ask(.analytics, "GET", "/metrics", headers: ["Accept": accept])
            XCTAssertTrue(answer.headers["content-type"]?.hasPrefix(type) ?? false, accept)
        }
    }

    func testLagNamesEveryPartition() throws {
        _ = try settledCount()
        let groups = try XCTUnwrap(try ask(.analytics, "GET", "/lag").fields["groups"] as? [String: [String: Any]])
        XCTAssertEqual(Set(groups.keys), ["analytics-group", "inventory-group"])
        for (group, partitions) in [("analytics-group", 6), ("inventory-group", 3)] {
            let list = try XCTUnwrap(groups[group]?["partitions"] as? [[String: Any]])
            XCTAssertEqual(list.count, partitions, group)
            XCTAssertEqual(list.compactMap { $0["lag"] as? Int }.reduce(0, +), groups[group]?["total_lag"] as? Int)
            for entry in list { XCTAssertEqual(Set(entry.keys), ["topic", "partition", "committed", "end", "lag"]) }
        }
        XCTAssertTrue(try Lab.eventually { try lag("inventory-group") == 0 }, "at rest there is none")
    }

    func testAThousandOrdersWaitAtOnce() throws {
        try setDelay(1, .order)
        XCTAssertEqual(try placeAtOnce(1000).filter { $0 == 201 }.count, 1000)
    }
}
