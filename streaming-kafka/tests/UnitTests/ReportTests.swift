import CampusModel
import KafkaClient
import ServiceKit
import StrictJSON
import XCTest

@testable import AnalyticsConsumer

final class ReportTests: XCTestCase {
    private let summary = Metrics.Summary(
        totalOrders: 4, totalInventoryEvents: 4, failures: 1, ordersPerMinute: 2, elapsedSeconds: 120, malformed: 3)

    func testTheJSONHasEveryFieldOfTheContract() throws {
        let json = try JSONObject(MetricsReport(summary, generation: 7).json.body)
        let limits = 0.0...1e12
        XCTAssertEqual(try json.integer("total_orders", in: 0...9), 4)
        XCTAssertEqual(try json.integer("total_inventory_events", in: 0...9), 4)
        XCTAssertEqual(try json.integer("failures", in: 0...9), 1)
        XCTAssertEqual(try json.number("failure_rate", in: limits), 0.25)
        XCTAssertEqual(try json.integer("orders_per_minute", in: 0...9), 2)
        XCTAssertEqual(try json.number("orders_per_minute_average", in: limits), 2)
        XCTAssertEqual(try json.number("elapsed_seconds", in: limits), 120)
        XCTAssertEqual(try json.integer("window_seconds", in: 0...99), 60)
        XCTAssertEqual(try json.integer("malformed", in: 0...9), 3)
        XCTAssertEqual(try json.integer("generation", in: 0...9), 7)
    }

    func testTheTextHasOneSampleForEachFieldOfTheJSON() {
        let response = MetricsReport(summary, generation: 7).text
        XCTAssertEqual(response.contentType, "text/plain; version=0.0.4; charset=utf-8")
        let lines = String(decoding: response.body, as: UTF8.self).split(separator: "\n")
        let samples = lines.filter { !$0.hasPrefix("#") }
        XCTAssertEqual(samples.count, 10)
        XCTAssertTrue(samples.allSatisfy { $0.hasPrefix("campus_") && $0.split(separator: " ").count == 2 })
        XCTAssertTrue(samples.contains("campus_failure_rate 0.25"))
        XCTAssertTrue(samples.contains("campus_total_orders 4"))
        XCTAssertEqual(lines.filter { $0.hasPrefix("# TYPE campus_") && $0.hasSuffix(" gauge") }.count, 10)
    }

    // MARK: Lag

    private let place = TopicPartition("order-events", 1)

    func testLagIsWhatLiesBetweenTheCommittedOffsetAndTheEnd() {
        XCTAssertEqual(LagReport.Entry(place, committed: 4, low: 0, end: 10).lag, 6)
        XCTAssertEqual(LagReport.Entry(place, committed: 10, low: 0, end: 10).lag, 0)
    }

    func testWithoutACommittedOffsetAllThatIsRetainedIsLag() {
        let entry = LagReport.Entry(place, committed: nil, low: 3, end: 10)
        XCTAssertEqual(entry.lag, 7)
        XCTAssertNil(entry.committed)
    }

    func testATrimmedOrLostLogGivesNoNonsense() {
        XCTAssertEqual(LagReport.Entry(place, committed: 2, low: 8, end: 10).lag, 2, "what is gone cannot be read")
        XCTAssertEqual(LagReport.Entry(place, committed: 50, low: 0, end: 10).lag, 0)
    }

    func testTheReportAddsUpEachGroupAndShowsNoOffsetAsNull() {
        let report = LagReport(groups: [
            (
                "analytics-group",
                [.init(place, committed: 4, low: 0, end: 10), .init(place, committed: nil, low: 0, end: 5)]
            ), ("inventory-group", []),
        ])
        let text = String(decoding: JSONWriter.object { report.write(to: &$0) }, as: UTF8.self)
        XCTAssertEqual(
            text,
            #"{"groups":{"analytics-group":{"total_lag":11,"partitions":["#
                + #"{"topic":"order-events","partition":1,"committed":4,"end":10,"lag":6},"#
                + #"{"topic":"order-events","partition":1,"committed":null,"end":5,"lag":5}]},"#
                + #""inventory-group":{"total_lag":0,"partitions":[]}}}"#)
    }
}
