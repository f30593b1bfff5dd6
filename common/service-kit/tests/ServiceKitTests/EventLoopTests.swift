import Foundation
import ServiceKitTesting
import Synchronization
import XCTest

@testable import ServiceKit

final class EventLoopTests: XCTestCase {
    // MARK: Running

    func testRunReturnsWhenTheLastJobEndsTheBody() {
        // Nothing else is to happen on the loop: one that waited before it looked would wait for ever.
        onLoop { _ in }
        onLoop { _ in await Task.yield() }
    }

    func testRunReturnsThoughATaskIsAsleep() {
        onLoop { loop in
            Task(executorPreference: loop) { await loop.sleep(seconds: 1e9) }
            await Task.yield()
        }
    }

    func testALoopRunsAgain() {
        let loop = EventLoop()
        let runs = Recorder<Int>()
        for run in 0..<3 { onLoop(loop) { _ in runs.add(run) } }
        XCTAssertEqual(runs.all, [0, 1, 2])
    }

    func testOnlyItsOwnThreadIsOnTheLoop() {
        let loop = EventLoop()
        XCTAssertFalse(loop.isOnLoop)
        onLoop(loop) { loop in
            XCTAssertTrue(loop.isOnLoop)
            XCTAssertFalse(EventLoop().isOnLoop)
        }
        XCTAssertFalse(loop.isOnLoop)
    }

    // MARK: Calls from other threads

    func testPerformRunsEachCallOnTheLoopInTheOrderOfItsThread() {
        let (threads, callsPerThread) = (8, 2_000)
        let calls = Recorder<(thread: Int, call: Int)>()
        let allCame = Gate()
        onLoop { loop in
            for thread in 0..<threads {
                Thread.detachNewThread {
                    for call in 0..<callsPerThread {
                        loop.perform {
                            XCTAssertTrue(loop.isOnLoop)
                            calls.add((thread, call))
                            if calls.count == threads * callsPerThread { allCame.open() }
                        }
                    }
                }
            }
            await allCame.wait()
        }
        for thread in 0..<threads {
            XCTAssertEqual(calls.all.filter { $0.thread == thread }.map(\.call), Array(0..<callsPerThread))
        }
    }

    func testPerformOnTheLoopItselfRunsTheCallLater() {
        let steps = Recorder<String>()
        onLoop { loop in
            let wasCalled = Gate()
            loop.perform {
                steps.add("call")
                wasCalled.open()
            }
            steps.add("body")
            await wasCalled.wait()
        }
        XCTAssertEqual(steps.all, ["body", "call"])
    }

    func testACallBeforeTheLoopRunsIsMadeOnceItDoes() {
        let loop = EventLoop()
        let wasCalled = Gate()
        loop.perform { wasCalled.open() }
        onLoop(loop) { _ in await wasCalled.wait() }
    }

    // MARK: Sleeping

    func testALongSleepDoesNotHoldUpAShortOne() {
        onLoop { loop in
            Task(executorPreference: loop) { await loop.sleep(seconds: 1e9) }
            await Task.yield()
            await loop.sleep(seconds: 0.001)
        }
    }

    func testSleepingForNoTimeReturnsAtOnce() {
        onLoop { loop in
            for seconds in [0, -1, -Double.infinity, .nan] { await loop.sleep(seconds: seconds) }
        }
    }

    func testNoSleeperIsLateForOneThatIsDueAfterIt() {
        let sleepers = 2_000
        let started = Recorder<EventLoop.Nanoseconds>()
        let woken = Recorder<(sleeper: Int, time: EventLoop.Nanoseconds)>()
        var generator = SystemRandomNumberGenerator()
        let pauses = (0..<sleepers).map { _ in Double.random(in: 0.001...0.25, using: &generator) }
        onLoop { loop in
            await withTaskGroup { group in
                for sleeper in 0..<sleepers {
                    group.addTask(executorPreference: loop) {
                        started.add(EventLoop.now())
                        await loop.sleep(seconds: pauses[sleeper])
                        woken.add((sleeper, EventLoop.now()))
                    }
                }
            }
        }
        XCTAssertEqual(Set(woken.all.map(\.sleeper)).count, sleepers)
        // They start one after another, so a deadline was set between this sleeper's start and the next one's.
        let starts = started.all + [EventLoop.now()]
        var latest: EventLoop.Nanoseconds = 0
        for (sleeper, time) in woken.all {
            let pause = EventLoop.Nanoseconds(pauses[sleeper] * 1e9)
            XCTAssertGreaterThanOrEqual(time, starts[sleeper] + pause, "woken too early")
            XCTAssertLessThanOrEqual(latest, starts[sleeper + 1] + pause, "woken after one that was due later")
            latest = max(latest, starts[sleeper] + pause)
        }
    }
}
