import Foundation
import LabTesting
import XCTest

/// Services and brokers that go and come back.
final class OutageTests: SystemTestCase {
    func testWithoutBrokerAnOrderIs503AndTheKeyTriesItAgain() throws {
        try Lab.needOwnBroker()
        try startAfresh()
        try Lab.run("stop", "broker")
        let key = ["Idempotency-Key": UUID().uuidString]
        let refused = try order(headers: key)
        assertError(refused, 503, "broker_unavailable")
        XCTAssertNotNil(refused.headers["retry-after"])
        XCTAssertEqual(refused.text("status"), "failed")
        XCTAssertEqual(try orders().count, 0, "such an order is not listed, and what was known is known still")
        for service in services {
            XCTAssertTrue(try Lab.eventually { try ask(service, "GET", "/ready").status == 503 }, "\(service)")
            XCTAssertEqual(try ask(service, "GET", "/health").status, 200)
        }
        try Lab.run("start", "broker")
        try awaitReady()
        let accepted = try order(headers: key)
        XCTAssertEqual(accepted.status, 202)
        XCTAssertEqual(accepted.text("order_id"), refused.text("order_id"), "it is the same order")
        try assertAll([try XCTUnwrap(accepted.text("order_id"))], become: "reserved")
        XCTAssertEqual(try stock(), 99)
    }

    func testABrokerThatHangsIs503() throws {
        try Lab.needOwnBroker()
        try startAfresh()
        let before = try accept()
        try Lab.run("pause", "broker")
        let refused: Answer
        do {
            defer { _ = try? Lab.run("resume", "broker") }
            refused = try order()
        }
        assertError(refused, 503, "broker_unavailable")
        XCTAssertEqual(refused.text("status"), "failed")
        XCTAssertNotNil(refused.headers["retry-after"])
        try awaitReady()
        // The broker may have got it all the same, and then its outcome arrives after all; what must not be is two.
        let after = try accept()
        try assertAll([before, after], become: "reserved")
        XCTAssertTrue(try Lab.eventually { try stock() == 100 - orders("?status=reserved").count })
        try assertConservation()
    }

    /// Without anything to do, too: by the heartbeats that do not come.
    func testABrokerThatHangsIsNoticedByAllServices() throws {
        try Lab.needOwnBroker()
        try startAfresh()
        try Lab.run("pause", "broker")
        do {
            defer { _ = try? Lab.run("resume", "broker") }
            for service in services {
                let isNoticed = try Lab.eventually(within: 40) { try ask(service, "GET", "/ready").status == 503 }
                XCTAssertTrue(isNoticed, "\(service)")
                XCTAssertEqual(try ask(service, "GET", "/health").status, 200)
            }
        }
        try awaitReady()
        try assertAll([try accept()], become: "reserved")
    }

    /// An empty list, or a full stock, would be taken for the truth.
    func testWithoutBrokerAServiceThatStartsTellsNothingOfItsState() throws {
        try Lab.needOwnBroker()
        try startAfresh()
        try assertAll([try accept("burger", 3)], become: "reserved")
        let paths: [(LabService, String)] = [
            (.order, "/orders"), (.order, "/orders/\(UUID().uuidString)"), (.inventory, "/stock"),
            (.notification, "/notifications"),
        ]
        try Lab.run("stop", "broker")
        for (service, path) in paths { XCTAssertNotEqual(try ask(service, "GET", path).status, 503, path) }
        for service in services { try Lab.run("kill", service.rawValue) }
        let names = services.map(\.rawValue)
        let start = Thread { for name in names { _ = try? Lab.run("start", name) } }
        start.start()
        for (service, path) in paths {
            let isThere = Lab.eventually { (try? ask(service, "GET", "/health"))?.status == 200 }
            guard isThere else { continue }
            assertError(try ask(service, "GET", path), 503, "not_ready")
            XCTAssertNotNil(try ask(service, "GET", path).headers["retry-after"])
            XCTAssertEqual(try ask(service, "GET", "/admin/faults").status, 200)
        }
        try Lab.run("start", "broker")
        XCTAssertTrue(Lab.eventually(within: 120) { start.isFinished })
        try awaitReady()
        XCTAssertEqual(try stock(), 97)
        XCTAssertEqual(try orders().count, 1)
        XCTAssertEqual(try notifications().count, 1)
    }

    func testKilledInventoryRemembers() throws {
        try startAfresh()
        let ids = try (0..<10).map { _ in try accept("burger", 3) }
        try assertAll(ids, become: "reserved")
        try Lab.run("kill", "inventory")
        let more = try (0..<5).map { _ in try accept("burger", 20) }
        try Lab.run("start", "inventory")
        XCTAssertTrue(try Lab.eventually(within: 60) { try orders("?status=placed").isEmpty })
        XCTAssertEqual(try stock(), 10, "30 were taken before, and three times 20 after")
        XCTAssertEqual(try orders("?status=reserved").count, 13)
        XCTAssertEqual(try orders("?status=failed").count, 2)
        XCTAssertEqual(more.count, 5)
        try assertConservation()
    }

    func testKilledOrderServiceRemembersOrdersAndKeys() throws {
        try startAfresh()
        let key = ["Idempotency-Key": UUID().uuidString]
        let first = try XCTUnwrap(try order(headers: key).text("order_id"))
        let second = try accept("pizza", 2)
        try Lab.run("kill", "order")
        try Lab.run("start", "order")
        try assertAll([first, second], become: "reserved")
        XCTAssertEqual(try orders().map { $0["order_id"] as? String }, [first, second])
        let replay = try order(headers: key)
        XCTAssertEqual(replay.text("order_id"), first)
        XCTAssertEqual(replay.headers["idempotent-replayed"], "true")
        XCTAssertEqual(try orders().count, 2)
        try assertConservation()
    }

    func testAKeyIsNoNewOneWhileTheServiceStarts() throws {
        try startAfresh()
        try assertAKeyIsKnownWhileOrderServiceStarts(accepted: 202)
    }

    func testKilledNotificationRemembers() throws {
        try startAfresh()
        let ids = try (0..<3).map { _ in try accept() }
        try assertNotified(ids)
        try Lab.run("kill", "notification")
        let more = try accept()
        try Lab.run("start", "notification")
        try assertNotified(ids + [more])
    }

    func testAKilledBrokerLosesNothingThatItConfirmed() throws {
        try Lab.needOwnBroker()
        try startAfresh()
        try Lab.run("stop", "inventory")
        let ids = try (0..<20).map { _ in try accept() }
        try Lab.run("kill", "broker")
        try Lab.run("start", "broker")
        try Lab.run("start", "inventory")
        try awaitReady()
        try assertAll(ids, become: "reserved")
        try assertNotified(ids)
        try assertConservation()
    }

    /// It has the whole of a deep queue before it, and leaves it to the one that comes next.
    func testAnInventoryThatIsStoppedTakesNothingMore() throws {
        let count = 30_000
        try startAfresh(["STOCK": "1000000"])
        try Lab.run("stop", "inventory")
        let publisher = try ForeignPublisher()
        for number in 0..<count {
            let body = #"{"order_id":"\#(UUID().uuidString)","message_id":"m\#(number)","item":"burger","quantity":1}"#
            try publisher.publish(Array(body.utf8), to: "order.placed")
        }
        try publisher.settle()
        try Lab.run("start", "inventory", environment: ["STOCK": "1000000"])
        try Lab.run("stop", "inventory")
        // In the ten seconds that it may take to end it would decide about most of them.
        XCTAssertGreaterThan(try publisher.messageCount("inventory_queue"), count / 2)
        try Lab.run("start", "inventory", environment: ["STOCK": "1000000"])
        XCTAssertTrue(try Lab.eventually(within: 120) { try stock() <= 1_000_000 - count })
        XCTAssertEqual(try stock(), 1_000_000 - count)
    }

    func testOrdersInHandAreAnsweredWhenTheServiceIsStopped() throws {
        try startAfresh()
        try setDelay(1.5, .order)
        let statuses = try placeAtOnce(50) { try Lab.run("stop", "order") }
        XCTAssertEqual(statuses, Array(repeating: 202, count: 50))
        try Lab.run("start", "order")
        XCTAssertTrue(try Lab.eventually(within: 60) { try orders("?status=reserved").count == 50 })
        XCTAssertEqual(try stock(), 50)
    }
}
