import CampusModel
import ServiceKit
import ServiceKitTesting
import XCTest

@testable import Workflow

/// Requests with one key at the same time: the first one works, the later ones wait for its answer.
final class IdempotencyKeysAtOnceTests: XCTestCase {
    private static let burger = OrderRequest(item: "burger", quantity: 1)
    private static let requests = 50

    private enum Answer: Equatable {
        case order(OrderID, isReplay: Bool)
        case error(OrderRefusal.Reason?)
    }

    /// Sends the same request so many times at once; `work` is done while the other ones wait.
    private static func answers(
        _ keys: IdempotencyKeys, on loop: EventLoop, _ outcome: IdempotencyKeys.Attempt, worked: Recorder<OrderID>
    ) async -> [Answer] {
        let gate = Gate()
        return await withTaskGroup(of: Answer?.self) { group in
            for _ in 0..<requests {
                group.addTask {
                    do {
                        let placed = try await keys.once("key", burger) { id in
                            worked.add(id)
                            await gate.wait()
                            return outcome
                        }
                        return .order(placed.id, isReplay: placed.isReplay)
                    } catch {
                        return .error((error as? OrderRefusal)?.reason)
                    }
                }
            }
            // Jobs of a loop run in their order: when this one does, every request has come to wait.
            group.addTask {
                gate.open()
                return nil
            }
            return await group.reduce(into: []) { if let answer = $1 { $0.append(answer) } }
        }
    }

    func testTheWorkIsDoneOnceAndAllGetItsOrder() {
        onLoop { loop in
            let worked = Recorder<OrderID>()
            let answers = await Self.answers(IdempotencyKeys(), on: loop, .settled, worked: worked)
            XCTAssertEqual(worked.count, 1)
            let id = try XCTUnwrap(worked.all.first)
            XCTAssertEqual(answers.filter { $0 == .order(id, isReplay: false) }.count, 1)
            XCTAssertEqual(answers.filter { $0 == .order(id, isReplay: true) }.count, Self.requests - 1)
        }
    }

    func testThoseThatWaitedShareAnErrorThatSettledNothing() {
        onLoop { loop in
            let (keys, worked) = (IdempotencyKeys(), Recorder<OrderID>())
            let error = OrderRefusal.unconfirmed(Order(item: "burger", quantity: 1), "away")
            let answers = await Self.answers(keys, on: loop, .unsettled(error), worked: worked)
            XCTAssertEqual(worked.count, 1)
            XCTAssertEqual(answers, Array(repeating: .error(.unconfirmed), count: Self.requests))

            let again = await Self.answers(keys, on: loop, .settled, worked: worked)
            XCTAssertEqual(worked.count, 2)
            XCTAssertEqual(worked.all.first, worked.all.last, "the same order is tried again")
            let id = try XCTUnwrap(worked.all.first)
            XCTAssertEqual(again.filter { $0 == .order(id, isReplay: true) }.count, Self.requests - 1)
        }
    }

    func testAnotherRequestIsAConflictWhileTheFirstIsWorkedOn() {
        onLoop { loop in
            let (keys, gate, codes) = (IdempotencyKeys(), Gate(), Recorder<OrderRefusal.Reason?>())
            async let first = keys.once("key", Self.burger) { _ in
                await gate.wait()
                return .settled
            }
            await Task.yield()
            do {
                _ = try await keys.once("key", OrderRequest(item: "burger", quantity: 2)) { _ in .settled }
            } catch {
                codes.add((error as? OrderRefusal)?.reason)
            }
            gate.open()
            let placed = try await first
            XCTAssertFalse(placed.isReplay)
            XCTAssertEqual(codes.all, [.keyIsAnothers])
        }
    }

    func testAKeyThatIsTriedAgainIsNotForgottenMeanwhile() {
        onLoop { loop in
            let (keys, gate, tried) = (IdempotencyKeys(capacity: 2), Gate(), Recorder<OrderID>())
            let away = OrderRefusal.unconfirmed(Order(item: "burger", quantity: 1), "away")
            func fail(_ key: String) async {
                _ = try? await keys.once(key, Self.burger) { id in
                    if key == "key" { tried.add(id) }
                    return .unsettled(away)
                }
            }
            await fail("key")
            async let again = keys.once("key", Self.burger) { id in
                tried.add(id)
                await gate.wait()
                return .unsettled(away)
            }
            await Task.yield()
            for other in 0..<5 { await fail("\(other)") }
            gate.open()
            _ = try? await again
            await fail("key")
            XCTAssertEqual(tried.count, 3)
            XCTAssertEqual(Set(tried.all).count, 1, "each time the same order")
        }
    }
}
