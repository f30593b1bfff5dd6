import Foundation
import Glibc
import ServiceKitTesting
import Synchronization
import XCTest

@testable import ServiceKit

final class WorkerTests: XCTestCase {
    func testWhatIsAskedIsDoneInItsOrderOnTheWorkersThread() {
        let (worker, done) = (Worker("test"), Recorder<Int>())
        worker.start { worker in while !worker.mustStop { await worker.wait(until: nil) } }
        for number in 0..<1000 {
            worker.perform {
                worker.loop.preconditionOnLoop()
                done.add(number)
            }
        }
        onLoop { loop in
            let ended = await worker.stop(on: loop, until: .max)
            XCTAssertTrue(ended)
        }
        XCTAssertEqual(done.all, Array(0..<1000))
    }

    /// A wake-up that comes between two waits must not be lost, and one that was taken must not end the next wait.
    func testNoWakeUpIsLostAndNoneIsTakenTwice() {
        let worker = Worker("test")
        let rounds = Atomic<Int>(0)
        let asked = Mutex<Int>(0)
        worker.start { worker in
            while !worker.mustStop {
                await worker.wait(until: nil)
                rounds.add(1, ordering: .relaxed)
            }
        }
        for round in 1...2_000 {
            worker.perform { asked.withLock { $0 += 1 } }
            let end = Date(timeIntervalSinceNow: patience)
            while asked.withLock({ $0 }) < round, Date() < end {}
            XCTAssertEqual(asked.withLock { $0 }, round)
        }
        let before = rounds.load(ordering: .relaxed)
        Thread.sleep(forTimeInterval: 0.05)
        XCTAssertLessThanOrEqual(rounds.load(ordering: .relaxed) - before, 2, "it waits at rest")
        worker.beginStopping()
    }

    func testAWaitEndsAtItsDeadline() {
        onLoop { loop in
            let waiter = Waiter(on: loop)
            for nanoseconds in [0, 1, 20_000_000] as [UInt64] {
                let deadline = EventLoop.now() + nanoseconds
                await waiter.wait(until: deadline)
                XCTAssertGreaterThanOrEqual(EventLoop.now(), deadline)
            }
        }
    }

    func testAWaitEndsWhenItsDescriptorCanBeRead() {
        onLoop { loop in
            var ends: [Int32] = [0, 0]
            XCTAssertEqual(pipe(&ends), 0)
            let (reader, writer) = (ends[0], ends[1])
            let waiter = Waiter(on: loop)
            for byte in 1...3 as ClosedRange<UInt8> {
                Thread.detachNewThread {
                    var byte = byte
                    write(writer, &byte, 1)
                }
                await waiter.wait(readable: reader, until: nil)
                var read: UInt8 = 0
                XCTAssertEqual(Glibc.read(reader, &read, 1), 1)
                XCTAssertEqual(read, byte)
            }
            // Nobody waits for it: what can be read must not keep the loop awake, nor end a wait for something else.
            var byte: UInt8 = 0
            write(writer, &byte, 1)
            await loop.sleep(seconds: 0.02)
            let deadline = EventLoop.now() + 20_000_000
            await waiter.wait(until: deadline)
            XCTAssertGreaterThanOrEqual(EventLoop.now(), deadline)
            await waiter.wait(readable: reader, until: nil)
            waiter.forget()
            for end in ends { close(end) }
        }
    }

    /// A worker that always has something to do must hear of what others want.
    func testWhatIsAskedIsDoneAlsoWhileTheWorkerNeverWaits() {
        let worker = Worker("test")
        worker.start { worker in while !worker.mustStop { await worker.wait(until: 0) } }
        onLoop { _ in
            let answer = await worker.ask { 7 }
            XCTAssertEqual(answer, 7)
        }
        worker.beginStopping()
    }

    func testAQuestionToAWorkerThatHasEndedOrEndsIsNotAnswered() {
        let (worker, gate) = (Worker("test"), Gate())
        onLoop { _ in
            let early = await worker.ask { 1 }
            XCTAssertNil(early)
        }
        worker.start { _ in await gate.wait() }
        onLoop { loop in
            async let answer = worker.ask { 1 }
            let inTime = await answer
            XCTAssertEqual(inTime, 1, "a worker that awaits something else answers too")
            // It ends while a question is on its way, or has ended before: there is an answer or none, but no hanging.
            async let late = worker.ask { 2 }
            gate.open()
            _ = await late
            let ended = await worker.stop(on: loop, until: .max)
            XCTAssertTrue(ended)
            let after = await worker.ask { 3 }
            XCTAssertNil(after)
        }
    }

    func testAWorkerThatDoesNotEndIsWaitedForUntilTheDeadline() {
        let (worker, gate) = (Worker("test"), Gate())
        worker.start { _ in await gate.wait() }
        onLoop { loop in
            let deadline = EventLoop.now() + 20_000_000
            let ended = await worker.stop(on: loop, until: deadline)
            XCTAssertFalse(ended)
            XCTAssertGreaterThanOrEqual(EventLoop.now(), deadline)
            gate.open()
            let endedNow = await worker.stop(on: loop, until: .max)
            XCTAssertTrue(endedNow)
        }
    }

    /// What is asked of a worker after its end must not keep the worker, and its two descriptors, for ever.
    func testAWorkerThatHasEndedIsLetGoOfWhateverIsAskedOfIt() {
        weak var leftOver: EventLoop?
        do {
            let worker = Worker("test")
            leftOver = worker.loop
            worker.start { _ in }
            onLoop { loop in _ = await worker.stop(on: loop, until: .max) }
            XCTAssertFalse(worker.perform { XCTFail("nothing is done after the end") })
            worker.wake()
            worker.beginStopping()
        }
        let end = Date(timeIntervalSinceNow: patience)
        while leftOver != nil, Date() < end { Thread.sleep(forTimeInterval: 0.001) }
        XCTAssertNil(leftOver)
    }

    func testWithoutDescriptorsThereIsNoWorkerAndTheProcessGoesOn() {
        var limit = rlimit()
        let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        getrlimit(descriptors, &limit)
        var none = rlimit(rlim_cur: 0, rlim_max: limit.rlim_max)
        setrlimit(descriptors, &none)
        let worker = Worker(ifPossible: "test")
        let calls = BlockingCalls("test")
        setrlimit(descriptors, &limit)
        XCTAssertNil(worker)
        XCTAssertNil(calls)
        XCTAssertNotNil(Worker(ifPossible: "test"))
    }

    func testACallThatIsAskedForAfterTheEndIsNotMade() throws {
        let calls = try XCTUnwrap(BlockingCalls("test"))
        calls.end()
        onLoop { loop in
            // Its thread ends soon; until then a call may still be made.
            var answer: Int? = 0
            while answer != nil { answer = await calls.run(on: loop, until: .max) { 7 } }
        }
    }
}
