import Foundation
import LabTesting
import XCTest

/// Services and brokers that go and come back.
final class OutageTests: SystemTestCase {
    func testKilledInventoryReservesNothingTwice() throws {
        let item = try newItem(1_000)
        let before = try settledCount()
        let decided = try stats("processed_count")
        for _ in 0..<3 {
            _ = try bulk(1_000, item)
            try Lab.run("kill", "inventory")
            try Lab.run("start", "inventory", environment: ["STOCK": "\(item)=1000"])
        }
        try assertCounted(before + 3_000)
        XCTAssertTrue(try Lab.eventually { try orders("?status=placed").isEmpty })
        let held = try orders("?status=reserved").filter { $0["item"] as? String == item }
        XCTAssertEqual(held.count, 1_000)
        try assertStock(item, 0)
        try assertStats("processed_count", decided + 3_000)
        try Lab.run("restart", "inventory", environment: ["STOCK": "\(item)=1000"])
        try assertStats("processed_count", decided + 3_000, "the same numbers after a restart")
        try assertStock(item, 0)
    }

    func testKilledOrderServiceRemembersItsOrders() throws {
        let id = try XCTUnwrap(try order().text("order_id"))
        let count = try orders().count
        try Lab.run("kill", "order")
        try Lab.run("start", "order")
        XCTAssertEqual(try orders().count, count)
        XCTAssertEqual(try ask(.order, "GET", "/orders/\(id)").status, 200)
    }

    func testAKeyIsNoNewOneWhileTheServiceStarts() throws {
        try assertAKeyIsKnownWhileOrderServiceStarts(accepted: 201)
    }

    func testKilledAnalyticsCountsAgain() throws {
        let count = try settledCount()
        try Lab.run("kill", "analytics")
        try Lab.run("start", "analytics")
        try assertCounted(count)
    }

    func testWithoutBrokerAnOrderIs503() throws {
        try Lab.needOwnBroker()
        // The last test of its suite by name would not do: the embedded broker comes back empty, as others must expect.
        try Lab.run("stop", "broker")
        let answer = try order()
        assertError(answer, 503, "broker_unavailable")
        assertError(try ask(.order, "POST", "/orders/bulk", #"{"count":10}"#), 503, "broker_unavailable")
        for service in services {
            XCTAssertTrue(try Lab.eventually { try ask(service, "GET", "/ready").status == 503 }, "\(service)")
            XCTAssertEqual(try ask(service, "GET", "/health").status, 200)
        }
        try Lab.run("start", "broker")
        try awaitReady()
        XCTAssertTrue(try Lab.eventually { try order().status == 201 })
    }

    /// Whatever commits were under way when the broker went.
    func testAKilledBrokerLeavesNoLagAtRest() throws {
        try Lab.needOwnBroker()
        let warnings = try ask(.inventory, "GET", "/ready").fields["warnings"]
        try XCTSkipUnless(warnings == nil, "the embedded broker forgets everything, offsets too")
        _ = try bulk(5_000)
        try Lab.run("kill", "broker")
        try Lab.run("start", "broker")
        try awaitReady()
        XCTAssertTrue(try Lab.eventually(within: 60) { try knownLag("analytics-group") == 0 })
        XCTAssertTrue(try Lab.eventually(within: 60) { try knownLag("inventory-group") == 0 })
    }

    /// It comes back with an empty log, which has outgrown the old one's offsets before anybody looks.
    func testAnEmbeddedBrokerThatWasStartedAgainIsReadFromItsBeginning() throws {
        try Lab.needOwnBroker()
        let warnings = try ask(.inventory, "GET", "/ready").fields["warnings"]
        try XCTSkipIf(warnings == nil, "a real Kafka keeps its log")
        // What the services remember beyond the log would puzzle the next tests.
        defer { for service in services { _ = try? Lab.run("restart", service.rawValue) } }
        for count in [5, 500] {
            let item = try newItem(10_000)
            let (counted, decided) = (try settledCount(), try stats("processed_count"))
            _ = try bulk(count, item)
            try assertCounted(counted + count)
            try Lab.run("restart", "broker")
            // One order, however often it is sent.
            let key = ["Idempotency-Key": item]
            XCTAssertTrue(try Lab.eventually { try order(item, headers: key).status == 201 })
            _ = try bulk(200, item)
            try assertCounted(counted + count + 201)
            XCTAssertTrue(try Lab.eventually { try orders("?status=placed").isEmpty })
            try assertStats("processed_count", decided + count + 201)
            try assertStock(item, 10_000 - count - 201)
            XCTAssertTrue(try Lab.eventually { try knownLag("analytics-group") == 0 })
            XCTAssertTrue(try Lab.eventually { try knownLag("inventory-group") == 0 })
        }
    }

    /// It hangs until inventory has given its batch up, and started over.
    func testABrokerThatHangsInTheMiddleOfABatchBringsNothingTwice() throws {
        try Lab.needOwnBroker()
        let item = try newItem(100)
        let before = try settledCount()
        let decided = try stats("processed_count")
        // Long enough for the broker to be paused in the middle, however slow the machine.
        try setDelay(0.2, .inventory)
        _ = try bulk(200, item)
        XCTAssertTrue(try Lab.eventually { try stats("processed_count") > decided })
        try Lab.run("pause", "broker")
        var isPaused = true
        defer { if isPaused { _ = try? Lab.run("resume", "broker") } }
        let hasGivenUp = try Lab.eventually(within: 60) {
            let answer = try ask(.inventory, "GET", "/ready")
            return answer.status == 503 && answer.text("detail") != "waiting for the broker"
        }
        XCTAssertTrue(hasGivenUp)
        XCTAssertLessThan(try stats("processed_count"), decided + 200, "it hung in the middle")
        try Lab.run("resume", "broker")
        isPaused = false
        try setDelay(0, .inventory)
        try awaitReady()
        try assertCounted(before + 200)
        XCTAssertTrue(try Lab.eventually { try orders("?status=placed").isEmpty })
        XCTAssertEqual(try orders("?status=reserved").filter { $0["item"] as? String == item }.count, 100)
        try assertStock(item, 0)
    }

    func testOrdersInHandAreAnsweredWhenTheServiceIsStopped() throws {
        try setDelay(1.5, .order)
        let statuses = try placeAtOnce(50) { try Lab.run("stop", "order") }
        XCTAssertEqual(statuses, Array(repeating: 201, count: 50))
        try Lab.run("start", "order")
    }
}
