import Foundation
import LabTesting
import XCTest

/// The same `Idempotency-Key` is the same order, whatever happens in between.
final class IdempotencyTests: SystemTestCase {
    private func key() -> [String: String] { ["Idempotency-Key": UUID().uuidString] }

    func testSameKeyIsTheSameOrder() throws {
        try startAfresh()
        let key = key()
        let first = try order(headers: key)
        let second = try order(headers: key)
        XCTAssertEqual(first.status, 201)
        XCTAssertEqual(second.status, 201)
        XCTAssertNil(first.headers["idempotent-replayed"])
        XCTAssertEqual(second.headers["idempotent-replayed"], "true")
        XCTAssertEqual(first.body, second.body)
        XCTAssertEqual(try orders().count, 1)
        XCTAssertEqual(try stock(), 99)
    }

    func testSameBodyInAnotherNotationIsTheSame() throws {
        let key = key()
        let first = try order("burger", 2, headers: key)
        let second = try ask(.order, "POST", "/order", #"{ "quantity": 2.0, "x": 1, "item": "burger" }"#, headers: key)
        XCTAssertEqual(second.status, 201)
        XCTAssertEqual(first.text("order_id"), second.text("order_id"))
    }

    func testAnotherBodyIsAConflict() throws {
        let key = key()
        XCTAssertEqual(try order("burger", 1, headers: key).status, 201)
        assertError(try order("burger", 2, headers: key), 422, "idempotency_conflict")
        assertError(try order("pizza", 1, headers: key), 422, "idempotency_conflict")
    }

    func testTwentyAtOnceAreOneOrder() throws {
        try startAfresh()
        try setDelay(0.5, .inventory)
        let key = key()
        let connections = try (0..<20).map { _ in try HTTPConnection(port: LabService.order.port) }
        for connection in connections { try connection.begin("POST", "/order", body: LabTestCase.body(), headers: key) }
        let replies = try connections.map { try $0.reply() }
        XCTAssertEqual(Set(replies.map(\.status)), [201])
        XCTAssertEqual(Set(replies.map(\.text)).count, 1)
        XCTAssertEqual(replies.filter { $0.headers["idempotent-replayed"] == "true" }.count, 19)
        XCTAssertEqual(try stock(), 99)
        XCTAssertEqual(try orders().count, 1)
    }

    func testAFailureIsReplayedAsItWas() throws {
        // The default time-out: in a network of containers it can take 3 s and more to learn that an address is gone.
        try startAfresh()
        let refused = key()
        try setFailure(true, .inventory)
        assertError(try order(headers: refused), 422, "inventory_error")
        let late = key()
        try setFailure(false, .inventory)
        try setDelay(8, .inventory)
        assertError(try order(headers: late), 504, "inventory_timeout")
        try setDelay(0, .inventory)
        let unreachable = key()
        try Lab.run("kill", "inventory")
        assertError(try order(headers: unreachable), 502, "inventory_unreachable")
        try Lab.run("start", "inventory")

        for (key, status, code) in [
            (refused, 422, "inventory_error"), (late, 504, "inventory_timeout"),
            (unreachable, 502, "inventory_unreachable"),
        ] {
            let answer = try order(headers: key)
            assertError(answer, status, code)
            XCTAssertEqual(answer.headers["idempotent-replayed"], "true")
        }
        XCTAssertEqual(try orders().count, 3)
    }

    func testRefusedRequestsUseNoKeyUp() throws {
        let key = key()
        assertError(try order("burger", 0, headers: key), 400, "bad_request", naming: "quantity")
        try setFailure(true, .order)
        assertError(try order(headers: key), 500, "injected_failure")
        try setFailure(false, .order)
        let answer = try order(headers: key)
        XCTAssertEqual(answer.status, 201)
        XCTAssertNil(answer.headers["idempotent-replayed"])
    }

    func testAKeyThatIsNoneIs400() throws {
        for key in [String(repeating: "k", count: 256), "a b", "ä", ""] {
            assertError(try order(headers: ["Idempotency-Key": key]), 400, "bad_request", naming: "Idempotency-Key")
        }
        XCTAssertEqual(try order(headers: ["Idempotency-Key": String(repeating: "~", count: 255)]).status, 201)
    }
}
