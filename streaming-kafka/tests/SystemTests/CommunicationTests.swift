import Foundation
import LabTesting
import XCTest

/// The lab's own three experiments: what an event log does.
final class CommunicationTests: SystemTestCase {
    func testTenThousandInBulk() throws {
        let before = try settledCount()
        let failuresBefore = try metric("failures")
        let answer = try bulk(10_000)
        XCTAssertEqual(answer.number("count"), 10_000)
        XCTAssertEqual((answer.fields["order_ids_sample"] as? [String])?.count, 5)
        XCTAssertNotNil(answer.fields["seconds"] as? Double)
        try assertCounted(before + 10_000)
        let metrics = try metrics()
        print(
            """

            10,000 orders were acknowledged after \(answer.fields["seconds"] ?? "?") s
            orders/min (last 60 s)  \(metrics["orders_per_minute"] ?? "?")
            orders/min (average)    \(metrics["orders_per_minute_average"] ?? "?")
            failure rate            \(metrics["failure_rate"] ?? "?")

            """)
        XCTAssertGreaterThanOrEqual(metrics["orders_per_minute"] as? Int ?? 0, 1)
        // 100 of each of three items are in stock at the most.
        XCTAssertGreaterThanOrEqual(try metric("failures") - failuresBefore, 9_700)
    }

    func testThrottledAnalyticsLagsBehindAndCatchesUp() throws {
        let before = try settledCount()
        let throttled = try ask(.analytics, "POST", "/admin/throttle", #"{"seconds":0.02}"#)
        XCTAssertEqual(throttled.fields["throttle_seconds"] as? Double, 0.02)
        XCTAssertEqual(try bulk(1_000).number("count"), 1_000)
        XCTAssertTrue(try Lab.eventually { try lag("analytics-group") > 0 })
        print("\nlag of analytics-group while it is throttled: \(try lag("analytics-group")) messages\n")
        XCTAssertLessThan(try metric("total_orders"), before + 1_000, "it has not counted them yet")
        XCTAssertEqual(try ask(.analytics, "GET", "/ready").status, 200, "it is slow, not gone")
        _ = try ask(.analytics, "POST", "/admin/throttle", #"{"seconds":0}"#)
        try assertCounted(before + 1_000)
        XCTAssertTrue(try Lab.eventually { try lag("analytics-group") == 0 })
    }

    func testAReplayGivesTheSameNumbers() throws {
        let count = try settledCount() + 1_000
        _ = try bulk(1_000)
        try assertCounted(count)
        var before = try metrics()
        let reset = try ask(.analytics, "POST", "/admin/reset-offsets", "{}")
        XCTAssertEqual(reset.status, 200)
        XCTAssertEqual(reset.number("generation"), (before["generation"] as? Int ?? -1) + 1)
        try assertCounted(count)
        var after = try metrics()
        XCTAssertEqual(after["generation"] as? Int, reset.number("generation"))
        before["generation"] = nil
        after["generation"] = nil
        print("\nbefore the replay: \(before)\nafter the replay:  \(after)\n")
        XCTAssertEqual(before as NSDictionary, after as NSDictionary)
    }

    /// Not a minute of outcomes first.
    func testAThrottledReplayCountsOrdersFromItsFirstSecond() throws {
        _ = try bulk(2_000)
        let count = try settledCount()
        _ = try ask(.analytics, "POST", "/admin/throttle", #"{"seconds":0.002}"#)
        XCTAssertEqual(try ask(.analytics, "POST", "/admin/reset-offsets", "{}").status, 200)
        var (orders, outcomes, seen) = (0, 0, 0)
        while orders < 500 {
            let metrics = try metrics()
            orders = try XCTUnwrap(metrics["total_orders"] as? Int)
            outcomes = try XCTUnwrap(metrics["total_inventory_events"] as? Int)
            XCTAssertLessThanOrEqual(outcomes, orders + 100, "orders stay ahead")
            seen += 1
            XCTAssertLessThan(seen, 3_000, "orders do not come")
            Thread.sleep(forTimeInterval: 0.01)
        }
        XCTAssertLessThan(outcomes, 250, "of which few came before the orders were fetched")
        // Orders that come meanwhile go first as well.
        _ = try bulk(100)
        _ = try ask(.analytics, "POST", "/admin/throttle", #"{"seconds":0}"#)
        try assertCounted(count + 100)
    }

    func testAResetGroupStandsAtTheBeginning() throws {
        _ = try bulk(100)
        let count = try settledCount()
        XCTAssertTrue(try Lab.eventually { try lag("analytics-group") == 0 })
        try setDelay(60, .analytics)
        XCTAssertEqual(try ask(.analytics, "POST", "/admin/reset-offsets", "{}").status, 200)
        XCTAssertGreaterThanOrEqual(try lag("analytics-group"), 2 * count, "each order and its outcome")
        try setDelay(0, .analytics)
        try assertCounted(count)
        XCTAssertTrue(try Lab.eventually { try lag("analytics-group") == 0 })
    }
}
