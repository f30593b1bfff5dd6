import ServiceKit
import Synchronization
import XCTest

@testable import KafkaClient

/// Calls of librdkafka that may never return.
final class BlockingCallsTests: XCTestCase {
    private static let log = Logger(service: "test", level: .error)
    private var calls: BlockingCalls!

    override func setUpWithError() throws { calls = try XCTUnwrap(BlockingCalls("test")) }

    override func tearDown() { calls.end() }

    /// Runs `body` on a loop with calls that are made by another thread.
    private func onLoop(_ body: @escaping @Sendable (BlockingCalls, EventLoop) async -> Void) {
        let (calls, loop) = (calls!, EventLoop())
        loop.run { await body(calls, loop) }
    }

    /// Makes a call that must return.
    private static func run(
        _ calls: BlockingCalls, on loop: EventLoop, _ call: @escaping @Sendable () throws(KafkaError) -> Void
    ) async -> KafkaError? {
        do throws(KafkaError) {
            try await calls.run("asking", seconds: 30, on: loop, log: log, call)
            return nil
        } catch {
            return error
        }
    }

    func testWhatACallDoesIsDoneWhenItReturns() {
        onLoop { calls, loop in
            let count = Counter()
            for round in 1...100 {
                let error = await BlockingCallsTests.run(calls, on: loop) {
                    XCTAssertFalse(loop.isOnLoop)
                    _ = count.next()
                }
                XCTAssertNil(error)
                XCTAssertEqual(count.count, round)
            }
        }
    }

    func testACallsOwnErrorIsThrownAndTheNextCallIsMade() {
        onLoop { calls, loop in
            let problem = KafkaError(code: 51, "busy", isRetriable: true)
            let error = await BlockingCallsTests.run(calls, on: loop) { () throws(KafkaError) in throw problem }
            XCTAssertEqual(error, problem)
            let next = await BlockingCallsTests.run(calls, on: loop) {}
            XCTAssertNil(next)
        }
    }

    func testACallThatDoesNotReturnIsGivenUpAsFatal() {
        onLoop { calls, loop in
            let never = DispatchSemaphore(value: 0)
            do throws(KafkaError) {
                try await calls.run("waiting", seconds: 0.05, on: loop, log: Logger(service: "test", level: .error)) {
                    never.wait()
                }
                XCTFail("it returned")
            } catch {
                XCTAssertTrue(error.isFatal, "\(error)")
                XCTAssertTrue("\(error)".contains("waiting"), "\(error)")
            }
            never.signal()
        }
    }
}
