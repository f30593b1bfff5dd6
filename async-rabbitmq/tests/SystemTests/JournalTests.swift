import Foundation
import LabTesting
import XCTest

/// The journals, what is rebuilt from them, and what the services say if one of them was lost.
final class JournalTests: SystemTestCase {
    private func warnings(_ service: LabService) throws -> [String] {
        try ask(service, "GET", "/ready").fields["warnings"] as? [String] ?? []
    }

    private func errors(_ service: LabService) throws -> [Substring] {
        try Lab.run("logs", service.rawValue).split(separator: "\n").filter { $0.contains(" ERROR ") }
    }

    private func assertWarns(_ service: LabService, line: UInt = #line) throws {
        let isWarned = try Lab.eventually { try !warnings(service).isEmpty }
        if !isWarned { XCTFail("\(service): \(try ask(service, "GET", "/ready").fields)", line: line) }
        let errors = try errors(service)
        XCTAssertTrue(errors.contains { $0.contains("a journal was lost") }, "\(service): \(errors)", line: line)
    }

    /// Inventory decides nothing, and says what is to be done.
    private func assertDecidesNothing(line: UInt = #line) throws {
        let ready = try ask(.inventory, "GET", "/ready")
        XCTAssertEqual(ready.status, 503, line: line)
        XCTAssertEqual(ready.text("status"), "misconfigured", line: line)
        XCTAssertTrue(ready.text("detail")?.contains("ALLOW_LOST_STATE=1") == true, "\(ready.fields)", line: line)
        assertError(try ask(.inventory, "GET", "/stock"), 503, "not_ready")
    }

    private func awaitReady(_ service: LabService, line: UInt = #line) throws {
        let isReady = try Lab.eventually { try ask(service, "GET", "/ready").status == 200 }
        if !isReady { XCTFail("\(service): \(try ask(service, "GET", "/ready").fields)", line: line) }
    }

    /// Waits until a service that was started knows which journals there are: only then can it miss one.
    private func awaitAllJournalsKnown(_ service: LabService, line: UInt = #line) throws {
        let isKnown = try Lab.eventually {
            let log = try Lab.run("logs", service.rawValue)
            guard let start = log.ranges(of: " listening ").last else { return false }
            return log[start.upperBound...].contains("the journals of the other services are known")
        }
        if !isKnown { XCTFail("\(service): \(try Lab.run("logs", service.rawValue))", line: line) }
    }

    private func restart(_ service: LabService, environment: [String: String] = [:]) throws {
        do {
            try Lab.run("restart", service.rawValue, environment: environment)
        } catch {
            // Only inventory refuses to work.
            if service != .inventory { throw error }
        }
    }

    /// Whichever service starts first, and makes the streams anew.
    func testALossIsRecognisedByEveryServiceInEveryOrderOfTheirStarts() throws {
        let orders: [[LabService]] = [
            [.order, .inventory, .notification], [.inventory, .order, .notification],
            [.notification, .inventory, .order], [.notification, .order, .inventory],
        ]
        for order in orders {
            try startAnew([:])
            try assertAll([try accept("burger", 30)], become: "reserved")
            let broker = try Broker()
            for service in order { try Lab.run("stop", service.rawValue) }
            for journal in SystemTestCase.journals { try broker.deleteQueue(journal) }
            for service in order { try restart(service) }
            for service in order { try assertWarns(service) }
            try assertDecidesNothing()
            for service in [LabService.order, .notification] { try awaitReady(service) }
            let waiting = try accept()
            for service in order { try restart(service) }
            for service in order { try assertWarns(service) }
            try assertDecidesNothing()
            XCTAssertEqual(try status(waiting), "placed", "nothing was decided on a stock that is not known")

            try Lab.run("restart", "inventory", environment: ["ALLOW_LOST_STATE": "1"])
            XCTAssertEqual(try ask(.inventory, "GET", "/ready").status, 200)
            try assertWarns(.inventory)
            try assertAll([waiting], become: "reserved")
            XCTAssertEqual(try stock(), 99, "what is not known is not guessed")
        }
    }

    /// Each of the three, while all services run.
    func testALossIsRecognisedWhileTheServicesRun() throws {
        for (journal, owner) in zip(SystemTestCase.journals, services) {
            try startAnew([:])
            try assertAll([try accept("burger", 30)], become: "reserved")
            for service in services { try awaitAllJournalsKnown(service) }
            try Broker().deleteQueue(journal)
            let isNoticed = try Lab.eventually(within: 60) { try !warnings(owner).isEmpty }
            XCTAssertTrue(isNoticed, "\(owner)")
            for service in services where service != owner { try restart(service) }
            for service in services { try assertWarns(service) }
            try assertDecidesNothing()
            if owner == .order {
                XCTAssertEqual(try orders().count, 1, "what a running service knows is not lost")
                try restart(.order)
                XCTAssertEqual(try orders().count, 1, "and stands in its new journal")
            }
        }
    }

    func testAWholeJournalGivesNoWarning() throws {
        try startAfresh()
        try assertAll([try accept()], become: "reserved")
        for service in services { try Lab.run("restart", service.rawValue) }
        for service in services { XCTAssertEqual(try warnings(service), []) }
        XCTAssertEqual(try stock(), 99)
    }

    // MARK: Snapshots

    /// Small snapshots and small segments: the beginnings of the journals are dropped again and again.
    func testWhatIsDroppedStandsInASnapshot() throws {
        let environment = ["STOCK": "100000", "JOURNAL_SNAPSHOT_BYTES": "250000"]
        try startAfresh(environment)
        let broker = try Broker()
        try broker.ask(
            "PUT", "policies/%2F/short",
            [
                "pattern": "_log$", "apply-to": "queues",
                "definition": ["max-length-bytes": 800_000, "stream-max-segment-size-bytes": 50_000],
            ])
        defer { _ = try? broker.ask("DELETE", "policies/%2F/short") }
        // The size of segments is taken when a stream is made.
        try startAnew(environment)
        var ids: [String] = []
        let key = ["Idempotency-Key": UUID().uuidString]
        ids.append(try XCTUnwrap(try order(headers: key).text("order_id")))
        for round in 0..<6 {
            ids += try placeMany(800)
            let victim = services[round % 3]
            try Lab.run("kill", victim.rawValue)
            try Lab.run("start", victim.rawValue, environment: environment)
        }
        try assertAll(ids, become: "reserved", within: 120)
        for service in services { try Lab.run("kill", service.rawValue) }
        for service in services { try Lab.run("start", service.rawValue, environment: environment) }
        for service in services { XCTAssertEqual(try warnings(service), [], "\(service)") }
        XCTAssertEqual(try stock(), 100_000 - ids.count)
        XCTAssertEqual(try orders("?status=reserved").count, ids.count)
        try assertNotified(ids)
        XCTAssertEqual(try order(headers: key).text("order_id"), ids[0], "keys are in the snapshot")
        // Fewer than were written: what was dropped was at the beginning.
        let first = try firstOffset("inventory_log")
        XCTAssertGreaterThan(first, 0, "nothing was dropped")
    }

    /// - Returns: the identifiers of so many orders, placed by several clients.
    private func placeMany(_ count: Int) throws -> [String] {
        let lock = NSLock()
        nonisolated(unsafe) var ids: [String] = []
        let port = try Lab.port("ORDER_URL")
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            guard let connection = try? HTTPConnection(port: port) else { return }
            for _ in 0..<count / 8 {
                guard let reply = try? connection.send("POST", "/order", body: #"{"item":"burger","quantity":1}"#),
                    let id = Answer(status: reply.status, headers: reply.headers, body: reply.body).text("order_id")
                else { return }
                lock.withLock { ids.append(id) }
            }
        }
        XCTAssertEqual(ids.count, count)
        return ids
    }

    /// Where a stream begins now.
    private func firstOffset(_ stream: String) throws -> Int { try ForeignPublisher().firstOffset(of: stream) }

    // MARK: Kills at named points

    /// Kills a service at a point in its work, after so many visits there.
    private func kill(
        _ service: LabService, at point: String, visits: Int = 1, environment: [String: String] = [:],
        _ work: () throws -> Void
    ) throws {
        var environment = environment
        environment["LAB_CRASH_AT"] = "\(point):\(visits)"
        try Lab.run("restart", service.rawValue, environment: environment)
        try work()
        let isGone = Lab.eventually(within: 60) { (try? ask(service, "GET", "/health")) == nil }
        XCTAssertTrue(isGone, "\(service) did not come to \(point)")
        environment["LAB_CRASH_AT"] = ""
        try Lab.run("start", service.rawValue, environment: environment)
    }

    func testAKillBetweenADecisionAndItsOutcome() throws {
        for point in ["record-sent", "decision-journaled", "outcome-told"] {
            try startAnew([:])
            var ids: [String] = []
            // More orders than records are needed: on a slow machine several orders share one.
            try kill(.inventory, at: point, visits: 3) { ids = try (0..<20).map { _ in try accept("burger", 30) } }
            XCTAssertTrue(try Lab.eventually(within: 60) { try orders("?status=placed").isEmpty }, point)
            XCTAssertEqual(try orders("?status=reserved").count, 3, point)
            XCTAssertEqual(try stock(), 10, point)
            XCTAssertEqual(ids.count, 20)
            try assertConservation()
        }
    }

    /// It is in the queue and not in the journal: its client has no 202, and its outcome makes the order after all.
    func testAKillOfOrderServiceBetweenQueueAndJournal() throws {
        try startAfresh()
        let key = ["Idempotency-Key": UUID().uuidString]
        try kill(.order, at: "order-in-queue-only") { XCTAssertNil(try? order(headers: key)) }
        XCTAssertTrue(try Lab.eventually { try orders("?status=reserved").count == 1 })
        let repeated = try order(headers: key)
        XCTAssertEqual(repeated.headers["idempotent-replayed"], "true", "its outcome has told its key")
        XCTAssertEqual(try stock(), 99)
    }

    /// Nobody has told the successor of the order when its client asks again.
    func testAnOrderInTheQueueOnlyIsTheSameOneForItsKey() throws {
        try startAfresh()
        try setFailure(true, .inventory)
        let key = ["Idempotency-Key": UUID().uuidString]
        try kill(.order, at: "order-in-queue-only") { XCTAssertNil(try? order(headers: key)) }
        XCTAssertEqual(try orders().count, 0)
        let repeated = try order(headers: key)
        XCTAssertEqual(repeated.status, 202)
        try setFailure(false, .inventory)
        try assertAll([try XCTUnwrap(repeated.text("order_id"))], become: "reserved")
        try assertNotified([try XCTUnwrap(repeated.text("order_id"))])
        XCTAssertEqual(try stock(), 99)
    }

    /// It is in the journal and not in the queue: the next start sends it.
    func testAKillOfOrderServiceBetweenJournalAndQueue() throws {
        try startAfresh()
        let broker = try Broker()
        let tap = try broker.tap("order.placed")
        defer { try? broker.deleteQueue(tap) }
        let before = try accept()
        try assertAll([before], become: "reserved")
        let key = ["Idempotency-Key": UUID().uuidString]
        try kill(.order, at: "order-in-journal-only") { XCTAssertNil(try? order(headers: key)) }
        XCTAssertTrue(try Lab.eventually { try orders("?status=reserved").count == 2 })
        XCTAssertEqual(try broker.messages(tap).count, 2, "and only that one")
        XCTAssertEqual(try order(headers: key).headers["idempotent-replayed"], "true")
        XCTAssertEqual(try stock(), 98)
    }

    /// What waits in the queue was sent for sure, however OrderService ends.
    func testAnOrderThatWaitsIsNotSentAgainAfterAKill() throws {
        try startAfresh()
        try Lab.run("stop", "inventory")
        let broker = try Broker()
        let tap = try broker.tap("order.placed")
        defer { try? broker.deleteQueue(tap) }
        let ids = try (0..<5).map { _ in try accept() }
        XCTAssertTrue(try Lab.eventually { try broker.messages(tap).count == 5 })
        XCTAssertTrue(try Lab.eventually { try isSentUpToTheLast(Lab.run("journal", "order")) })
        try Lab.run("kill", "order")
        try Lab.run("start", "order")
        XCTAssertEqual(try orders("?status=placed").count, 5)
        try Lab.run("start", "inventory")
        try assertAll(ids, become: "reserved")
        XCTAssertEqual(try broker.messages(tap).count, 5)
    }

    /// Whether a printed journal says that the broker has answered for the last order in it.
    private func isSentUpToTheLast(_ journal: String) -> Bool {
        let lines = journal.split(separator: "\n").map { $0.split(separator: " ") }
        let placed = lines.last { $0.count > 2 && $0[2] == "placed" }.flatMap { Int($0[0]) }
        let sent = lines.last { $0.count > 6 && $0[2] == "sent" }.flatMap { Int($0[6]) }
        guard let placed, let sent else { return false }
        return sent >= placed
    }

    func testAKillWithinASnapshot() throws {
        for point in ["snapshot-begun", "snapshot-piece", "snapshot-ended"] {
            try startAnew(["STOCK": "100000", "JOURNAL_SNAPSHOT_BYTES": "250000"])
            var ids = try placeMany(400)
            try assertAll(ids, become: "reserved")
            // So much more that no snapshot is due at the start already: the service must be up before it is killed.
            let environment = ["STOCK": "100000", "JOURNAL_SNAPSHOT_BYTES": "2000000"]
            for service in services {
                try kill(service, at: point, environment: environment) {
                    // Enough for the next snapshot; OrderService may be gone before all are answered.
                    try? placeUntilGone(service)
                }
            }
            ids = try orders().compactMap { $0["order_id"] as? String }
            try assertAll(ids, become: "reserved", within: 120)
            XCTAssertEqual(try stock(), 100_000 - (try orders("?status=reserved").count), point)
            for service in services { XCTAssertEqual(try warnings(service), [], point) }
            try assertNotified(try orders().compactMap { $0["order_id"] as? String })
        }
    }

    /// Places orders until a service is gone, but so many at most.
    private func placeUntilGone(_ service: LabService) throws {
        let connection = try HTTPConnection(port: try Lab.port("ORDER_URL"))
        for number in 0..<20_000 {
            _ = try connection.send("POST", "/order", body: #"{"item":"burger","quantity":1}"#)
            if number % 100 == 0 { _ = try ask(service, "GET", "/health") }
        }
    }

    // MARK: Orders that no queue takes

    func testAnOrderThatNoQueueTakesIs503() throws {
        try startAfresh()
        let broker = try Broker()
        let before = try accept()
        try assertAll([before], become: "reserved")
        try broker.ask("DELETE", "bindings/%2F/e/orders_exchange/q/inventory_queue/order.placed")
        let start = ContinuousClock.now
        let key = ["Idempotency-Key": UUID().uuidString]
        let refused = try order(headers: key)
        XCTAssertLessThan(ContinuousClock.now - start, .seconds(6))
        assertError(refused, 503, "broker_unavailable")
        XCTAssertEqual(try orders().count, 1)
        try Lab.run("kill", "order")
        try Lab.run("start", "order")
        // Each start declares the topology anew.
        XCTAssertEqual(try orders().count, 1, "its client was told that it was not placed")
        XCTAssertEqual(try stock(), 99)
        try assertAll([try accept()], become: "reserved")
        XCTAssertEqual(try stock(), 98)
    }
}
