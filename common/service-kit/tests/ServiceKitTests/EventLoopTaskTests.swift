import Foundation
import ServiceKitTesting
import XCTest

@testable import ServiceKit

/// Whatever a task of the loop awaits, it goes on on the loop's thread.
final class EventLoopTaskTests: XCTestCase {
    private actor Elsewhere {
        private var visits = 0
        func visit(_ loop: EventLoop) -> Bool {
            visits += 1
            return loop.isOnLoop
        }
    }

    @concurrent private static func concurrent(_ loop: EventLoop) async -> Bool { loop.isOnLoop }

    private func assertComesBack(line: UInt = #line, _ work: @escaping @Sendable (EventLoop) async throws -> Void) {
        onLoop(line: line) { loop in
            for _ in 0..<100 {
                try await work(loop)
                XCTAssertTrue(loop.isOnLoop, "the task left the loop", line: line)
            }
        }
    }

    func testAsyncLetRunsOnTheLoop() {
        assertComesBack { loop in
            async let one = loop.isOnLoop
            async let other = loop.isOnLoop
            let both = await (one, other)
            XCTAssertTrue(both.0 && both.1)
        }
    }

    func testATaskGroupRunsOnTheLoop() {
        assertComesBack { loop in
            await withTaskGroup { group in
                for _ in 0..<10 { group.addTask { loop.isOnLoop } }
                for await wasOnLoop in group { XCTAssertTrue(wasOnLoop) }
            }
        }
    }

    func testAConcurrentFunctionRunsOnTheLoop() {
        assertComesBack { loop in
            let wasOnLoop = await EventLoopTaskTests.concurrent(loop)
            XCTAssertTrue(wasOnLoop)
        }
    }

    func testADefaultActorRunsOnTheLoop() {
        let actor = Elsewhere()
        assertComesBack { loop in
            let wasOnLoop = await actor.visit(loop)
            XCTAssertTrue(wasOnLoop)
        }
    }

    func testAContinuationResumedOnAnotherThreadComesBack() {
        assertComesBack { loop in
            let resumedOnLoop = await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: loop.isOnLoop) }
            }
            XCTAssertFalse(resumedOnLoop)
        }
    }

    func testADetachedTaskThatWasAwaitedComesBack() {
        assertComesBack { loop in
            let ranOnLoop = await Task.detached { loop.isOnLoop }.value
            XCTAssertFalse(ranOnLoop)
        }
    }

    func testATaskThatSleptOnSwiftsClockComesBack() {
        onLoop { loop in
            try await Task.sleep(for: .milliseconds(1))
            XCTAssertTrue(loop.isOnLoop)
        }
    }

    func testAStreamFedByOtherThreadsIsReadOnTheLoop() {
        onLoop { loop in
            let (numbers, feed) = AsyncStream.makeStream(of: Int.self)
            Thread.detachNewThread {
                for number in 0..<1_000 { feed.yield(number) }
                feed.finish()
            }
            var sum = 0
            for await number in numbers {
                XCTAssertTrue(loop.isOnLoop)
                sum += number
            }
            XCTAssertEqual(sum, 499_500)
        }
    }

    func testAThousandTasksResumedByManyThreadsAllGoOn() {
        let done = Recorder<Int>()
        onLoop { loop in
            await withTaskGroup { group in
                for task in 0..<1_000 {
                    group.addTask {
                        for _ in 0..<5 {
                            await withUnsafeContinuation { continuation in
                                DispatchQueue.global().async { continuation.resume() }
                            }
                            XCTAssertTrue(loop.isOnLoop)
                        }
                        done.add(task)
                    }
                }
            }
        }
        XCTAssertEqual(Set(done.all).count, 1_000)
    }
}
