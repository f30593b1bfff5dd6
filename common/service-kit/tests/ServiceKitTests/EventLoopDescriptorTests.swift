import Foundation
import ServiceKitTesting
import XCTest

@testable import ServiceKit

final class EventLoopDescriptorTests: XCTestCase {
    /// Notes what happens on its descriptors, and opens a gate at the first of it.
    private final class Watcher: DescriptorWatcher {
        var events: [(descriptor: Int32, interest: EventLoop.Interest)] = []
        var gate = Gate()

        func descriptorIsReady(_ descriptor: Int32, _ interest: EventLoop.Interest) {
            events.append((descriptor, interest))
            gate.open()
        }

        /// Waits for something that happens after this call.
        func next() async -> EventLoop.Interest? {
            gate = Gate()
            events = []
            await gate.wait()
            return events.last?.interest
        }
    }

    private let pipe = Pipe()
    private var input: Int32 { pipe.fileHandleForReading.fileDescriptor }
    private var output: Int32 { pipe.fileHandleForWriting.fileDescriptor }

    private static func put(_ descriptor: Int32) { XCTAssertEqual(write(descriptor, "x", 1), 1) }

    private static func take(_ descriptor: Int32) {
        var byte: UInt8 = 0
        XCTAssertEqual(read(descriptor, &byte, 1), 1)
    }

    func testAWatcherIsToldOnTheLoopOfWhatAnotherThreadWrote() {
        onLoop { [input, output] loop in
            let watcher = Watcher()
            loop.watch(input, .read, watcher)
            for _ in 0..<100 {
                Thread.detachNewThread { EventLoopDescriptorTests.put(output) }
                let event = await watcher.next()
                XCTAssertTrue(loop.isOnLoop)
                XCTAssertEqual(event, .read)
                XCTAssertEqual(watcher.events.first?.descriptor, input)
                EventLoopDescriptorTests.take(input)
            }
            loop.unwatch(input)
        }
    }

    func testAWatcherIsToldAgainUntilEverythingWasRead() {
        onLoop { [input, output] loop in
            let watcher = Watcher()
            loop.watch(input, .read, watcher)
            EventLoopDescriptorTests.put(output)
            for _ in 0..<3 {
                let event = await watcher.next()
                XCTAssertEqual(event, .read)
            }
            loop.unwatch(input)
        }
    }

    func testAWatcherIsToldThatTheOtherSideIsGone() {
        onLoop { [pipe, input] loop in
            let watcher = Watcher()
            loop.watch(input, .read, watcher)
            try pipe.fileHandleForWriting.close()
            let event = await watcher.next()
            XCTAssertFalse(event?.isDisjoint(with: .failure) ?? true)
            loop.unwatch(input)
        }
    }

    func testWatchingAgainChangesTheInterestAndTheWatcher() {
        onLoop { [output] loop in
            let (former, latter) = (Watcher(), Watcher())
            loop.watch(output, .read, former)
            loop.watch(output, .write, latter)
            let event = await latter.next()
            XCTAssertEqual(event, .write)
            XCTAssertEqual(former.events.count, 0)
            loop.unwatch(output)
        }
    }

    func testNobodyIsToldOfADescriptorThatIsWatchedNoMore() {
        onLoop { [input, output] loop in
            let (former, other) = (Watcher(), Watcher())
            let otherPipe = Pipe()
            loop.watch(input, .read, former)
            loop.unwatch(input)
            EventLoopDescriptorTests.put(output)
            // What is written later to another pipe is told, so this one would have been told too.
            loop.watch(otherPipe.fileHandleForReading.fileDescriptor, .read, other)
            EventLoopDescriptorTests.put(otherPipe.fileHandleForWriting.fileDescriptor)
            _ = await other.next()
            XCTAssertEqual(former.events.count, 0)
            loop.unwatch(otherPipe.fileHandleForReading.fileDescriptor)
        }
    }

    func testUnwatchingWhatIsNotWatchedDoesNothing() {
        onLoop { [input, output] loop in
            for descriptor in [input, output, 10_000] { loop.unwatch(descriptor) }
            let watcher = Watcher()
            loop.watch(input, .read, watcher)
            EventLoopDescriptorTests.put(output)
            let event = await watcher.next()
            XCTAssertEqual(event, .read)
            loop.unwatch(input)
            loop.unwatch(input)
        }
    }

    func testManyDescriptorsAreWatchedAtOnce() {
        onLoop { loop in
            let pipes = (0..<300).map { _ in Pipe() }
            let watcher = Watcher()
            for pipe in pipes { loop.watch(pipe.fileHandleForReading.fileDescriptor, .read, watcher) }
            for pipe in pipes { EventLoopDescriptorTests.put(pipe.fileHandleForWriting.fileDescriptor) }
            var told: Set<Int32> = []
            while told.count < pipes.count {
                _ = await watcher.next()
                told.formUnion(watcher.events.map(\.descriptor))
            }
            XCTAssertEqual(told, Set(pipes.map(\.fileHandleForReading.fileDescriptor)))
            for pipe in pipes { loop.unwatch(pipe.fileHandleForReading.fileDescriptor) }
        }
    }
}
