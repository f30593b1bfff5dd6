public import Foundation
public import ServiceKit
internal import Synchronization
internal import XCTest

/// How many seconds a test waits for what should happen at once; a machine that is slower than that is broken.
public let patience = 60.0

/// A log that tells errors only, of which these tests cause few.
public let quiet = Logger(service: "test", level: .error)

/// Runs `body` on a loop with a thread of its own, and fails where that does not end.
///
/// The thread is what lets a loop that hangs fail its own test and not hold up all the others.
public func onLoop(
    _ loop: EventLoop = EventLoop(), file: StaticString = #filePath, line: UInt = #line,
    _ body: @escaping @Sendable (EventLoop) async throws -> Void
) {
    let hasEnded = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
        loop.run {
            do { try await body(loop) } catch { XCTFail("\(error)", file: file, line: line) }
        }
        hasEnded.signal()
    }
    if hasEnded.wait(timeout: .now() + patience) == .timedOut {
        XCTFail("the loop did not end", file: file, line: line)
    }
}

/// Holds whatever awaits it until it is opened, from any thread.
public final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [UnsafeContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    /// Makes a closed one.
    public init() {}

    /// Suspends until it is open.
    public func wait() async {
        await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(waiter) }
                return state.isOpen
            }
            if isOpen { waiter.resume() }
        }
    }

    /// Lets go of whoever waits, and of whoever comes.
    public func open() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            state.isOpen = true
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// Keeps what is reported to it, from any thread, in the order it comes.
public final class Recorder<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    /// Makes an empty one.
    public init() {}

    /// Adds an element.
    public func add(_ element: Element) { elements.withLock { $0.append(element) } }

    /// All elements so far.
    public var all: [Element] { elements.withLock { $0 } }
    /// How many elements there are so far.
    public var count: Int { elements.withLock { $0.count } }
}

/// Reads the text of a JSON object with a reader that is not the project's own.
public func json(_ text: String) throws -> NSDictionary {
    try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary, text)
}

extension EventLoop {
    /// Asks again and again, every 10 ms, until the answer is `true` or the time is over. The loop goes on meanwhile.
    ///
    /// - Returns: whether it ever was.
    public func eventually(within seconds: Double = patience, _ condition: () -> Bool) async -> Bool {
        let end = EventLoop.now() &+ Nanoseconds(seconds * 1e9)
        while !condition() {
            guard EventLoop.now() < end else { return false }
            await sleep(seconds: 0.01)
        }
        return true
    }
}
