import Dispatch
import ServiceKit
import ServiceKitTesting
import XCTest

final class BlockingCallsTests: XCTestCase {
    func testACallIsMadeByAnotherThreadAndItsResultComesBackToTheLoop() throws {
        let calls = try XCTUnwrap(BlockingCalls("test"))
        onLoop { loop in
            for number in 0..<1000 {
                let result = await calls.run(on: loop, until: .max) { loop.isOnLoop ? -1 : number }
                XCTAssertEqual(result, number)
                loop.preconditionOnLoop()
            }
        }
        calls.end()
    }

    func testACallThatDoesNotReturnInTimeIsGivenUpAndTheLoopGoesOnMeanwhile() throws {
        let calls = try XCTUnwrap(BlockingCalls("test"))
        onLoop { loop in
            let never = DispatchSemaphore(value: 0)
            async let result = calls.run(on: loop, until: EventLoop.now() + 100_000_000) { never.wait() }
            var rounds = 0
            for _ in 0..<5 {
                await loop.sleep(seconds: 0.001)
                rounds += 1
            }
            XCTAssertEqual(rounds, 5)
            let given: Void? = await result
            XCTAssertNil(given)
            // The next one waits behind it.
            let next = await calls.run(on: loop, until: EventLoop.now() + 20_000_000) { 1 }
            XCTAssertNil(next)
            never.signal()
            let last = await calls.run(on: loop, until: .max) { 2 }
            XCTAssertEqual(last, 2)
        }
        calls.end()
    }

    func testOnlyTheFirstValueOfAPromiseCountsAndItMayComeBeforeTheWait() {
        onLoop { loop in
            let promise = Promise<Int>(on: loop)
            promise.fulfil(1)
            promise.fulfil(2)
            let value = await promise.value(until: .max)
            XCTAssertEqual(value, 1)
            let none = await Promise<Int>(on: loop).value(until: EventLoop.now() + 1_000_000)
            XCTAssertNil(none)
        }
    }

    /// A burst of wake-ups is one call on the loop, and the last of them must not be lost.
    func testNoWakeUpOfABurstIsLost() {
        onLoop { loop in
            let waiter = Waiter(on: loop)
            let worker = Worker("test")
            let count = Recorder<Int>()
            worker.start { _ in
                for number in 1...20_000 {
                    count.add(number)
                    waiter.wake()
                }
            }
            let end = EventLoop.now() + 30_000_000_000
            while count.all.count < 20_000, EventLoop.now() < end { await waiter.wait(until: end) }
            XCTAssertEqual(count.all.count, 20_000)
        }
    }
}
