import LabTesting
import Synchronization
import XCTest

/// What OrderService does in the background about orders whose reservation has an unknown outcome.
final class OrderReleaseTests: XCTestCase {
    /// Follows `reserve` for reservations, and answers releases with these, the last one again and again.
    private func inventory(
        reserve: ScriptedAction, releases: ScriptedAction...
    ) -> ScriptedServer.Script {
        let left = Script(releases)
        return { $0.path == "/reserve" ? reserve : left.next() }
    }

    private final class Script: Sendable {
        private let actions: Mutex<[ScriptedAction]>

        init(_ actions: [ScriptedAction]) { self.actions = Mutex(actions) }

        func next() -> ScriptedAction { actions.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
    }

    func testTimeoutReleasesReservation() throws {
        let lab = try orderService(timeout: 1, inventory: inventory(reserve: .hold, releases: .reply()))
        let reply = try lab.place(headers: ["X-Request-Id": "r-42"])
        let order = try assertFailed(reply, 504, "inventory_timeout", status: "timeout")
        try assertReleased(lab, order)
        XCTAssertEqual(Set(lab.inventory.requests("/release").map { $0.headers["x-request-id"] }), ["r-42"])
        XCTAssertEqual(try lab.get("/orders").elements?.first?["status"], "timeout", "the order stays what it was")
    }

    func testBrokenConnectionReleasesReservation() throws {
        for action in [
            ScriptedAction.close, .reset, .bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", then: .close),
            .bytes("garbage\r\n\r\n", then: .close),
        ] {
            let lab = try orderService(inventory: inventory(reserve: action, releases: .reply()))
            let order = try assertFailed(lab.place(), 502, "inventory_unreachable", status: "failed")
            try assertReleased(lab, order)
        }
    }

    private func assertReleased(_ lab: OrderServiceUnderTest, _ order: JSONValue, line: UInt = #line) throws {
        XCTAssertTrue(lab.hasReleasedAll(), line: line)
        let bodies = try lab.inventory.requests("/release").map { try JSONValue($0.body) }
        XCTAssertEqual(bodies.first, ["order_id": try XCTUnwrap(order["order_id"])], line: line)
        XCTAssertEqual(Set(lab.inventory.requests("/release").map(\.body)).count, 1, line: line)
        XCTAssertEqual(lab.inventory.requests("/reserve").count, 1, line: line)
    }

    func testTheClientIsAnsweredBeforeTheReleaseIs() throws {
        let lab = try orderService(inventory: inventory(reserve: .close, releases: .hold))
        try assertFailed(lab.place(), 502, "inventory_unreachable", status: "failed")
        XCTAssertEqual(lab.openReleases, 1)
        XCTAssertTrue(lab.inventory.holds(1))
        lab.inventory.answerHeld(.reply())
        XCTAssertTrue(lab.hasReleasedAll())
    }

    func testReleaseIsTriedWithBackOffUntilItIsAnswered() throws {
        let lab = try orderService(
            inventory: inventory(
                reserve: .close, releases: .close, .bytes("garbage\r\n\r\n", then: .close), .reply(500), .reply()))
        try assertFailed(lab.place(), 502, "inventory_unreachable", status: "failed")
        XCTAssertTrue(lab.hasReleasedAll())
        let attempts = lab.inventory.requests("/release")
        XCTAssertEqual(attempts.count, 4)
        XCTAssertEqual(Set(attempts.map(\.body)).count, 1)
        // 0.1 s, doubled each time, give or take a fifth.
        for (pause, least) in zip(zip(attempts, attempts.dropFirst()), [0.08, 0.16, 0.32]) {
            XCTAssertGreaterThanOrEqual(pause.1.arrival - pause.0.arrival, .seconds(least))
        }
    }

    func testReleaseWaitsForAnInventoryThatIsDown() throws {
        let lab = try orderService(inventory: inventory(reserve: .hold, releases: .reply()))
        let client = try lab.begin()
        XCTAssertTrue(lab.inventory.holds(1))
        lab.inventory.stopListening()
        lab.inventory.answerHeld(.close)
        try assertFailed(client.reply(), 502, "inventory_unreachable", status: "failed")
        XCTAssertEqual(lab.openReleases, 1)
        lab.inventory.listenAgain()
        XCTAssertTrue(lab.hasReleasedAll())
        XCTAssertEqual(lab.inventory.requests("/release").count, 1)
    }

    func testARetriedReservationThatIsThenRefusedAConnectionIsReleased() throws {
        // A kept connection dies under the reservation, libcurl sends it again by itself, and nobody listens any more:
        // "could not connect", and yet the first attempt may have been carried out.
        let lab = try orderService(inventory: { $0.body.contains("pizza") ? .hold : .reply() })
        try assertPlaced(lab.place(), status: "notified")
        let client = try lab.begin("pizza")
        XCTAssertTrue(lab.inventory.holds(1))
        XCTAssertEqual(lab.inventory.requests.last?.connection, 0, "it must go on the kept connection")
        lab.inventory.stopListening()
        lab.inventory.answerHeld(.close)
        let order = try assertFailed(client.reply(), 502, "inventory_unreachable", status: "failed")
        XCTAssertEqual(lab.openReleases, 1)
        lab.inventory.listenAgain()
        XCTAssertTrue(lab.hasReleasedAll())
        let released = try lab.inventory.requests("/release").map { try JSONValue($0.body)["order_id"] }
        XCTAssertEqual(released, [order["order_id"]])
    }

    func testNothingIsReleasedWhereNothingWasSent() throws {
        let lab = try orderService()
        lab.inventory.stopListening()
        try assertFailed(lab.place(), 502, "inventory_unreachable", status: "failed")
        XCTAssertEqual(lab.openReleases, 0)
        lab.inventory.listenAgain()
        try assertPlaced(lab.place(), status: "notified")
        XCTAssertEqual(lab.inventory.requests.map(\.path), ["/reserve"])
    }

    func testAReservationThatTheEndOfTheServiceCutsOffIsATimeoutAndReleased() throws {
        let lab = try orderService(inventory: inventory(reserve: .hold, releases: .reply()))
        let client = try lab.begin()
        XCTAssertTrue(lab.inventory.holds(1))
        try lab.cancelCalls()
        let order = try assertFailed(client.reply(), 504, "inventory_timeout", status: "timeout")
        try assertReleased(lab, order)
    }

    func testManyTimeoutsAreAllReleased() throws {
        let lab = try orderService(timeout: 1, inventory: inventory(reserve: .hold, releases: .reply()))
        let clients = try (0..<100).map { _ in try lab.begin() }
        let ids = try clients.map { try $0.reply().json()["order_id"]?.text }
        XCTAssertTrue(lab.hasReleasedAll())
        let released = try lab.inventory.requests("/release").map { try JSONValue($0.body)["order_id"]?.text }
        XCTAssertEqual(Set(ids).count, 100)
        XCTAssertEqual(Set(released), Set(ids))
    }
}
