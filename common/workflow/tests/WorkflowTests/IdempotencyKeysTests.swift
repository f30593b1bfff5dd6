import CampusModel
import XCTest

@testable import Workflow

/// The same key with the same body gives the same order, never a second one.
final class IdempotencyKeysTests: XCTestCase {
    private static let burger = OrderRequest(item: "burger", quantity: 1)
    private static let away = OrderRefusal.unconfirmed(Order(item: "burger", quantity: 1), "away")

    private let keys = IdempotencyKeys()

    /// Does nothing but settle.
    private func place(
        _ key: String?, _ request: OrderRequest = burger, in keys: IdempotencyKeys
    ) async throws -> (id: OrderID, isReplay: Bool) {
        try await keys.once(key, request) { _ in .settled }
    }

    /// Fails as while the broker is away, and gives the identifier that was tried.
    private func fail(
        _ key: String, in keys: IdempotencyKeys, line: UInt = #line
    ) async -> OrderID? {
        var tried: OrderID?
        do {
            _ = try await keys.once(key, IdempotencyKeysTests.burger) { id in
                tried = id
                return .unsettled(IdempotencyKeysTests.away)
            }
            XCTFail("the error was not thrown", line: line)
        } catch {
            XCTAssertEqual(error.reason, .unconfirmed, line: line)
        }
        return tried
    }

    func testWithoutAKeyEachRequestIsAnOrderOfItsOwn() async throws {
        let first = try await place(nil, in: keys)
        let second = try await place(nil, in: keys)
        XCTAssertNotEqual(first.id, second.id)
        XCTAssertFalse(first.isReplay || second.isReplay)
    }

    func testAnErrorWithoutAKeyIsThrown() async {
        do {
            _ = try await keys.once(nil, IdempotencyKeysTests.burger) { _ in .unsettled(IdempotencyKeysTests.away) }
            XCTFail("the error was not thrown")
        } catch {
            XCTAssertEqual(error.reason, .unconfirmed)
        }
    }

    func testTheSecondRequestIsAReplayOfTheFirst() async throws {
        let first = try await place("key", in: keys)
        XCTAssertFalse(first.isReplay)
        for _ in 0..<3 {
            let again = try await keys.once("key", IdempotencyKeysTests.burger) { _ in
                XCTFail("the work was done twice")
                return .settled
            }
            XCTAssertEqual(again.id, first.id)
            XCTAssertTrue(again.isReplay)
        }
    }

    func testDifferentKeysAreDifferentOrders() async throws {
        let first = try await place("one", in: keys)
        let second = try await place("other", in: keys)
        XCTAssertNotEqual(first.id, second.id)
        XCTAssertFalse(second.isReplay)
    }

    func testAnotherRequestWithAUsedKeyIsAConflict() async throws {
        _ = try await place("key", in: keys)
        for other in [OrderRequest(item: "burger", quantity: 2), OrderRequest(item: "pizza", quantity: 1)] {
            do {
                _ = try await place("key", other, in: keys)
                XCTFail("no conflict")
            } catch {
                XCTAssertEqual((error as? OrderRefusal)?.reason, .keyIsAnothers)
            }
        }
    }

    func testTheNextRequestAfterAnErrorTriesTheSameOrderAgain() async throws {
        let first = await fail("key", in: keys)
        let second = await fail("key", in: keys)
        XCTAssertEqual(first, second)
        let third = try await place("key", in: keys)
        XCTAssertEqual(third.id, first)
        XCTAssertFalse(third.isReplay, "this one sent it")
        let fourth = try await place("key", in: keys)
        XCTAssertEqual(fourth.id, first)
        XCTAssertTrue(fourth.isReplay)
    }

    func testAKeyIsBoundToItsRequestAlsoAfterAnError() async throws {
        _ = await fail("key", in: keys)
        do {
            _ = try await place("key", OrderRequest(item: "burger", quantity: 2), in: keys)
            XCTFail("no conflict")
        } catch {
            XCTAssertEqual((error as? OrderRefusal)?.reason, .keyIsAnothers)
        }
    }

    // MARK: Capacity

    func testTheOldestOrdersKeyIsForgottenFirst() async throws {
        let keys = IdempotencyKeys(capacity: 3)
        var ids: [OrderID] = []
        for key in 0..<4 { ids.append(try await place("\(key)", in: keys).id) }
        for key in 1..<4 {
            let replay = try await place("\(key)", in: keys)
            XCTAssertEqual(replay.id, ids[key], "key \(key)")
        }
        let forgotten = try await place("0", in: keys)
        XCTAssertFalse(forgotten.isReplay)
        XCTAssertNotEqual(forgotten.id, ids[0])
    }

    func testRestoredKeysAreForgottenLikeOthers() async throws {
        let keys = IdempotencyKeys(capacity: 2)
        for key in 0..<3 { keys.restore("\(key)", IdempotencyKeysTests.burger, .random()) }
        let last = try await place("2", in: keys)
        XCTAssertTrue(last.isReplay)
        let first = try await place("0", in: keys)
        XCTAssertFalse(first.isReplay)
    }

    func testAnOrderThatWasTriedAgainIsAsNewAsItsSuccess() async throws {
        let keys = IdempotencyKeys(capacity: 3)
        _ = await fail("late", in: keys)
        for key in 0..<2 { _ = try await place("\(key)", in: keys) }
        let id = try await place("late", in: keys).id
        for key in 2..<4 { _ = try await place("\(key)", in: keys) }
        let replay = try await place("late", in: keys)
        XCTAssertEqual(replay.id, id, "two orders came after it, and three are kept")
        XCTAssertTrue(replay.isReplay)
    }

    func testErrorsPushOutNoOrder() async throws {
        let keys = IdempotencyKeys(capacity: 3)
        let id = try await place("key", in: keys).id
        for key in 0..<10 { _ = await fail("\(key)", in: keys) }
        let replay = try await place("key", in: keys)
        XCTAssertEqual(replay.id, id)
    }

    func testAsManyFailedKeysAreKeptToo() async throws {
        let keys = IdempotencyKeys(capacity: 3)
        var ids: [OrderID?] = []
        for key in 0..<4 { ids.append(await fail("\(key)", in: keys)) }
        let last = try await place("3", in: keys)
        XCTAssertEqual(last.id, ids[3])
        let first = try await place("0", in: keys)
        XCTAssertNotEqual(first.id, ids[0], "forgotten")
    }

    func testTheKeysOfTheLastOrdersAreGivenOldestFirst() async throws {
        let keys = IdempotencyKeys(capacity: 3)
        var ids: [OrderID] = []
        for key in 0..<5 {
            ids.append(try await place("\(key)", in: keys).id)
            XCTAssertEqual(keys.settled.map(\.key), (max(0, key - 2)...key).map { "\($0)" })
            XCTAssertEqual(keys.settled.map(\.id), Array(ids.suffix(3)))
        }
        _ = await fail("failed", in: keys)
        XCTAssertEqual(keys.settled.map(\.key), ["2", "3", "4"])
    }
}
