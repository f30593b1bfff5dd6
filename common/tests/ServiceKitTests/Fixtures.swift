import CampusModel
import Foundation
import Synchronization
import XCTest

@testable import ServiceKit

/// How many seconds a test waits for what should happen at once; a machine that is slower than that is broken.
let patience = 60.0

/// A log that tells errors only, of which these tests cause few.
let quiet = Logger(service: "test", level: .error)

/// Runs `body` on a loop with a thread of its own, and fails where that does not end.
///
/// The thread is what lets a loop that hangs fail its own test and not hold up all the others.
func onLoop(
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
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [UnsafeContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    func wait() async {
        await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(waiter) }
                return state.isOpen
            }
            if isOpen { waiter.resume() }
        }
    }

    func open() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            state.isOpen = true
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// Keeps what is reported to it, from any thread, in the order it comes.
final class Recorder<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    func add(_ element: Element) { elements.withLock { $0.append(element) } }

    var all: [Element] { elements.withLock { $0 } }
    var count: Int { elements.withLock { $0.count } }
}

extension HTTPRequest {
    /// A request that no socket brought.
    static func made(
        _ method: String = "GET", _ path: String = "/", body: String = "",
        query: [(name: String, value: String)] = [], key: HeaderValue = .missing, on loop: EventLoop = EventLoop()
    ) -> HTTPRequest {
        HTTPRequest(
            method: method, path: path, body: Array(body.utf8), requestID: "made", rawIdempotencyKey: key, accept: nil,
            query: query, loop: loop)
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// What is written to the process's stderr while `work` runs.
func standardError(_ work: () async throws -> Void) async throws -> String {
    let (pipe, before) = (Pipe(), dup(STDERR_FILENO))
    dup2(pipe.fileHandleForWriting.fileDescriptor, STDERR_FILENO)
    defer { close(before) }
    do {
        defer { dup2(before, STDERR_FILENO) }
        try await work()
    }
    try pipe.fileHandleForWriting.close()
    return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
}

/// Reads the text of a JSON object with a reader that is not the project's own.
func json(_ text: String) throws -> NSDictionary {
    try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary, text)
}
