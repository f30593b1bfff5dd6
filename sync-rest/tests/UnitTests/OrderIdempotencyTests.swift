import LabTesting
import ServiceKit
import XCTest

/// `Idempotency-Key` on `POST /order`.
final class OrderIdempotencyTests: XCTestCase {
    private func isReplay(_ reply: HTTPConnection.Reply) -> Bool { reply.headers["idempotent-replayed"] == "true" }

    // MARK: Replays

    func testTheSameKeyGivesTheSameOrderAndSaysSo() throws {
        let lab = try orderService()
        let first = try lab.place(key: "k")
        try assertPlaced(first, status: "notified")
        XCTAssertNil(first.headers["idempotent-replayed"])
        for _ in 0..<3 {
            let again = try lab.place(key: "k")
            XCTAssertEqual(again.status, 201)
            XCTAssertTrue(isReplay(again))
            XCTAssertEqual(again.text, first.text)
        }
        XCTAssertEqual(lab.inventory.requests.count, 1)
        XCTAssertEqual(lab.notification.requests.count, 1)
        XCTAssertEqual(try lab.get("/orders").elements?.count, 1)
    }

    func testAnotherKeyOrNoneIsAnotherOrder() throws {
        let lab = try orderService()
        let replies = try ["a", "b", "A", nil, nil].map { try lab.place(key: $0) }
        XCTAssertFalse(replies.contains(where: isReplay))
        XCTAssertEqual(Set(try replies.map { try $0.json()["order_id"]?.text }).count, 5)
    }

    func testAReservedOrderIsReplayedAsReserved() throws {
        let lab = try orderService(notification: { _ in .reply(500) })
        let first = try lab.place(key: "k")
        try assertPlaced(first, status: "reserved")
        let again = try lab.place(key: "k")
        try assertPlaced(again, status: "reserved")
        XCTAssertTrue(isReplay(again))
        XCTAssertEqual(lab.notification.requests.count, 1, "a replay tells nobody")
    }

    func testARefusalIsReplayedThoughInventoryWouldTakeItNow() throws {
        let lab = try orderService(inventory: {
            $0.body.contains("pizza") ? .reply(409, #"{"error":"insufficient_stock"}"#) : .reply()
        })
        try assertReplayed(lab, 422, "insufficient_stock", "failed") { try lab.place("pizza", key: "k") }
        try assertPlaced(lab.place(key: "other"), status: "notified")
    }

    func testATimeoutIsReplayed() throws {
        let lab = try orderService(timeout: 1, inventory: { $0.path == "/reserve" ? .hold : .reply() })
        try assertReplayed(lab, 504, "inventory_timeout", "timeout") { try lab.place(key: "k") }
        XCTAssertTrue(lab.hasReleasedAll())
        XCTAssertEqual(Set(lab.inventory.requests("/release").map(\.body)).count, 1)
    }

    func testABrokenConnectionIsReplayed() throws {
        let lab = try orderService(inventory: { $0.path == "/reserve" ? .close : .reply() })
        try assertReplayed(lab, 502, "inventory_unreachable", "failed") { try lab.place(key: "k") }
    }

    private func assertReplayed(
        _ lab: OrderServiceUnderTest, _ httpStatus: Int, _ code: String, _ status: String, line: UInt = #line,
        _ place: () throws -> HTTPConnection.Reply
    ) throws {
        let first = try place()
        try assertFailed(first, httpStatus, code, status: status, line: line)
        XCTAssertFalse(isReplay(first), line: line)
        let again = try place()
        XCTAssertEqual(again.status, httpStatus, line: line)
        XCTAssertEqual(again.text, first.text, "the same order and the same code", line: line)
        XCTAssertTrue(isReplay(again), line: line)
        XCTAssertEqual(lab.inventory.requests("/reserve").count, 1, "inventory is not asked again", line: line)
    }

    // MARK: At once

    func testRequestsAtOnceWaitForTheFirstOnesAnswer() throws {
        let lab = try orderService(inventory: { _ in .hold })
        let first = try lab.begin(key: "k")
        XCTAssertTrue(lab.inventory.holds(1))
        let others = try (0..<10).map { _ in try lab.begin(key: "k") }
        XCTAssertTrue(try lab.service.isHandling(11))
        lab.inventory.answerHeld(.reply())
        let reply = try first.reply()
        try assertPlaced(reply, status: "notified")
        XCTAssertFalse(isReplay(reply))
        for other in others {
            let replay = try other.reply()
            XCTAssertEqual(replay.text, reply.text)
            XCTAssertTrue(isReplay(replay))
        }
        XCTAssertEqual(lab.inventory.requests.count, 1)
        XCTAssertEqual(lab.notification.requests.count, 1)
    }

    func testRequestsThatWaitedShareTheFailure() throws {
        let lab = try orderService(inventory: { $0.path == "/reserve" ? .hold : .reply() })
        let first = try lab.begin(key: "k")
        XCTAssertTrue(lab.inventory.holds(1))
        let others = try (0..<5).map { _ in try lab.begin(key: "k") }
        XCTAssertTrue(try lab.service.isHandling(6))
        lab.inventory.answerHeld(.close)
        let reply = try first.reply()
        try assertFailed(reply, 502, "inventory_unreachable", status: "failed")
        for other in others { XCTAssertEqual(try other.reply().text, reply.text) }
        XCTAssertTrue(lab.hasReleasedAll())
        XCTAssertEqual(lab.inventory.requests.map(\.path), ["/reserve", "/release"], "one order, one release")
    }

    func testOtherKeysDoNotWait() throws {
        let lab = try orderService(inventory: { $0.body.contains("pizza") ? .hold : .reply() })
        let first = try lab.begin("pizza", key: "k")
        XCTAssertTrue(lab.inventory.holds(1))
        try assertPlaced(lab.place(key: "other"), status: "notified")
        try assertPlaced(lab.place(), status: "notified")
        lab.inventory.answerHeld(.reply())
        try assertPlaced(first.reply(), status: "notified", item: "pizza")
    }

    // MARK: Conflicts

    func testTheSameKeyWithAnotherBodyIsAConflict() throws {
        let lab = try orderService()
        let first = try lab.place(key: "k")
        for (item, quantity) in [("pizza", 2), ("burger", 3)] {
            let reply = try lab.place(item, quantity, key: "k")
            try assertError(reply, 422, "idempotency_conflict")
            XCTAssertFalse(isReplay(reply))
        }
        XCTAssertEqual(lab.inventory.requests.count, 1)
        XCTAssertEqual(try lab.get("/orders").elements?.count, 1)
        XCTAssertEqual(try lab.place(key: "k").text, first.text, "the key is still the first order's")
    }

    func testAConflictIsAnsweredWhileTheFirstRequestStillWaits() throws {
        let lab = try orderService(inventory: { _ in .hold })
        let first = try lab.begin(key: "k")
        XCTAssertTrue(lab.inventory.holds(1))
        try assertError(lab.place("pizza", key: "k"), 422, "idempotency_conflict")
        lab.inventory.answerHeld(.reply())
        try assertPlaced(first.reply(), status: "notified")
    }

    // MARK: What uses no key

    func testARefusedRequestUsesNoKey() throws {
        let lab = try orderService()
        try assertBadRequest(lab.place("burger", 0, key: "k"), naming: "quantity")
        let reply = try lab.place(key: "k")
        try assertPlaced(reply, status: "notified")
        XCTAssertFalse(isReplay(reply))
    }

    func testAnInjectedFailureUsesNoKey() throws {
        let lab = try orderService()
        lab.service.faults.fails = true
        try assertError(lab.place(key: "k"), 500, "injected_failure")
        lab.service.faults.fails = false
        let reply = try lab.place("pizza", key: "k")
        try assertPlaced(reply, status: "notified", item: "pizza")
        XCTAssertFalse(isReplay(reply))
    }

    func testAnInjectedFailureAlsoHitsReplays() throws {
        let lab = try orderService()
        let first = try lab.place(key: "k")
        lab.service.faults.fails = true
        try assertError(lab.place(key: "k"), 500, "injected_failure")
        lab.service.faults.fails = false
        XCTAssertEqual(try lab.place(key: "k").text, first.text)
    }

    // MARK: Keys

    func testAKeyIs1To255VisibleASCIICharacters() throws {
        let lab = try orderService()
        for key in ["!", "~", String(repeating: "x", count: 255)] {
            try assertPlaced(lab.place(key: key), status: "notified")
        }
        for key in ["", String(repeating: "x", count: 256), "a b", "a\tb", "ä", "a\u{7F}"] {
            try assertBadRequest(lab.place(key: key), naming: "the header Idempotency-Key", key)
        }
        XCTAssertEqual(lab.inventory.requests.count, 3)
    }

    func testTwoKeysAreRefused() throws {
        let lab = try orderService()
        let reply = try lab.place(key: "a", headers: ["idempotency-key": "b"])
        try assertBadRequest(reply, naming: "the header Idempotency-Key")
        XCTAssertEqual(lab.inventory.requests.count, 0)
    }
}
