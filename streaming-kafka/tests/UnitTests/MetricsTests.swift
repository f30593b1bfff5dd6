import CampusModel
import Workflow
import XCTest

@testable import AnalyticsConsumer

final class MetricsTests: XCTestCase {
    private typealias Placed = (event: OrderEvent, position: Metrics.Position)
    private var metrics = Metrics()
    private var offset: Int64 = 0

    private func at(_ partition: Int32, _ offset: Int64) -> Metrics.Position {
        .init(partition: partition, offset: offset)
    }

    private func placed(_ timestamp: Double, _ id: OrderID = .random()) -> OrderEvent {
        OrderEvent(.placed, Order(id: id, item: "burger", quantity: 1, timestamp: timestamp))
    }

    private func decided(_ kind: OrderEvent.Kind, _ id: OrderID = .random(), _ timestamp: Double = 0) -> OrderEvent {
        OrderEvent(kind, Order(id: id, item: "burger", quantity: 1, timestamp: timestamp))
    }

    private func add(_ events: OrderEvent...) {
        for event in events {
            metrics.add(event, at: at(0, offset))
            offset += 1
        }
    }

    func testNothingGivesZerosAndNoNaN() {
        let summary = metrics.summary
        XCTAssertEqual(summary, .init())
        XCTAssertEqual(summary.failureRate, 0)
        XCTAssertEqual(summary.ordersPerMinuteAverage, 0)
    }

    func testRatesOfAFewEvents() {
        let ids = (0..<4).map { _ in OrderID.random() }
        for (index, id) in ids.enumerated() { add(placed(1000 + Double(index) * 10, id)) }
        add(decided(.reserved, ids[0]), decided(.failed, ids[1]), decided(.failed, ids[2]))
        let summary = metrics.summary
        XCTAssertEqual(summary.totalOrders, 4)
        XCTAssertEqual(summary.totalInventoryEvents, 3)
        XCTAssertEqual(summary.failures, 2)
        XCTAssertEqual(summary.failureRate, 2.0 / 3, accuracy: 1e-12)
        XCTAssertEqual(summary.elapsedSeconds, 30)
        XCTAssertEqual(summary.ordersPerMinuteAverage, 4, "30 s are less than a minute: the orders so far")
    }

    func testTheWindowIsOpenAtItsStartAndClosedAtItsEnd() {
        add(placed(1000), placed(1000.001), placed(1059), placed(1060))
        XCTAssertEqual(metrics.summary.ordersPerMinute, 3, "1000 is newest − 60, and so outside")
    }

    /// Ten thousand orders within a millisecond are not hundreds of millions a minute.
    func testTheAverageIsOverAMinuteAtLeast() {
        for index in 0..<1000 { add(placed(1000 + Double(index) / 1e6)) }
        XCTAssertEqual(metrics.summary.ordersPerMinuteAverage, 1000)
        add(placed(1060))
        XCTAssertEqual(metrics.summary.ordersPerMinuteAverage, 1001)
        add(placed(1120))
        XCTAssertEqual(metrics.summary.ordersPerMinuteAverage, 501)
    }

    func testOneOrderHasNoElapsedTimeAndIsTheAverage() {
        add(placed(5))
        XCTAssertEqual(metrics.summary.elapsedSeconds, 0)
        XCTAssertEqual(metrics.summary.ordersPerMinuteAverage, 1)
        XCTAssertEqual(metrics.summary.ordersPerMinute, 1)
    }

    func testOnlyOrdersMakeTime() {
        add(placed(1000), decided(.failed, .random(), 5), decided(.reserved, .random(), 9e9))
        XCTAssertEqual(metrics.summary.elapsedSeconds, 0)
        XCTAssertEqual(metrics.summary.ordersPerMinute, 1)
    }

    func testTheYear9999IsATimeLikeAnyOther() {
        add(placed(1000), placed(Order.timestamps.upperBound))
        XCTAssertEqual(metrics.summary.ordersPerMinute, 1)
        XCTAssertEqual(metrics.summary.elapsedSeconds, Order.timestamps.upperBound - 1000)
        XCTAssertTrue(metrics.summary.ordersPerMinuteAverage.isFinite)
    }

    // MARK: Copies

    func testACopyOfAnOrderOrOutcomeCountsOnce() {
        let id = OrderID.random()
        add(placed(1, id), placed(2, id), decided(.failed, id), decided(.failed, id), decided(.reserved, id))
        XCTAssertEqual(metrics.summary.totalOrders, 1)
        XCTAssertEqual(metrics.summary.totalInventoryEvents, 1)
        XCTAssertEqual(metrics.summary.failures, 1)
        XCTAssertEqual(metrics.summary.elapsedSeconds, 0)
    }

    func testTheFirstCopyOfTheLowestPartitionCountsWhicheverIsReadFirst() {
        let (id, other) = (OrderID.random(), OrderID.random())
        let copies: [Placed] = [
            (placed(100, id), at(1, 7)), (placed(200, id), at(1, 9)), (placed(300, id), at(2, 0)),
            (placed(0, other), at(0, 3)),
        ]
        for order in permutations(copies) {
            var metrics = Metrics()
            for copy in order { metrics.add(copy.event, at: copy.position) }
            XCTAssertEqual(metrics.summary.totalOrders, 2)
            XCTAssertEqual(metrics.summary.elapsedSeconds, 100, "of \(order.map(\.event.order.timestamp))")
        }
    }

    func testAnOutcomeThatIsReplacedByAnEarlierCopyIsUncounted() {
        let id = OrderID.random()
        metrics.add(decided(.failed, id), at: at(2, 0))
        XCTAssertEqual(metrics.failures, 1)
        metrics.add(decided(.reserved, id), at: at(0, 5))
        XCTAssertEqual(metrics.failures, 0)
        metrics.add(decided(.failed, id), at: at(0, 4))
        XCTAssertEqual(metrics.failures, 1)
        XCTAssertEqual(metrics.totalInventoryEvents, 1)
    }

    func testTheOrderOfEventsMakesNoDifference() {
        var events: [Placed] = []
        var ids: [OrderID] = []
        for offset in 0..<200 {
            let id = Int.random(in: 0..<4) == 0 ? ids.randomElement() ?? .random() : .random()
            ids.append(id)
            let position = at(Int32.random(in: 0..<3), Int64(offset))
            switch Int.random(in: 0..<3) {
            case 0: events.append((placed(Double.random(in: 0...200), id), position))
            case 1: events.append((decided(.reserved, id), position))
            default: events.append((decided(.failed, id), position))
            }
        }
        func summary(_ events: [Placed]) -> Metrics.Summary {
            var metrics = Metrics()
            for (event, position) in events { metrics.add(event, at: position) }
            return metrics.summary
        }
        let expected = summary(events)
        for _ in 0..<50 { XCTAssertEqual(summary(events.shuffled()), expected) }
        XCTAssertGreaterThan(expected.totalOrders, 10)
    }

    func testAnOutcomeBeforeItsOrderCountsAsNoOrder() {
        let id = OrderID.random()
        add(decided(.reserved, id))
        XCTAssertEqual(metrics.summary.totalOrders, 0)
        add(placed(3, id))
        XCTAssertEqual(metrics.summary.totalOrders, 1)
        XCTAssertEqual(metrics.summary.totalInventoryEvents, 1)
    }

    // MARK: What is told

    func testAResetBeginsAGenerationWithNothingOfTheOldOne() {
        let current = CurrentMetrics()
        XCTAssertEqual(current.numbers.generation, 0)
        current.update { $0.add(placed(1), at: at(0, 0)) }
        XCTAssertEqual(current.numbers.summary.totalOrders, 1)
        XCTAssertEqual(current.reset(), 1)
        XCTAssertEqual(current.numbers.summary, .init())
        XCTAssertEqual(current.reset(), 2)
        current.update { $0.addMalformed() }
        XCTAssertEqual(current.numbers.summary.malformed, 1, "a summary that was asked for before is not shown again")
        XCTAssertEqual(current.numbers.generation, 2)
    }

    private func permutations<Element>(_ elements: [Element]) -> [[Element]] {
        guard let first = elements.first else { return [[]] }
        return permutations(Array(elements.dropFirst())).flatMap { rest in
            (0...rest.count).map { Array(rest[..<$0]) + [first] + Array(rest[$0...]) }
        }
    }
}
