import Foundation
import ServiceKit
import Synchronization

/// An event loop on a thread of its own, for tests, which block on theirs.
final class RunningLoop: Sendable {
    let loop = EventLoop()
    private let end: AsyncStream<Never>.Continuation
    private let hasEnded = DispatchSemaphore(value: 0)

    init() {
        let (stream, end) = AsyncStream.makeStream(of: Never.self)
        self.end = end
        let (loop, hasEnded) = (loop, hasEnded)
        Thread.detachNewThread {
            loop.run { for await _ in stream {} }
            hasEnded.signal()
        }
    }

    /// Starts `body` on the loop, and does not wait for it.
    func start<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) -> Pending<Value> {
        Pending(on: loop, body)
    }

    /// Runs `body` on the loop and waits until it is done.
    @discardableResult
    func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        try start(body).value()
    }

    /// Ends the loop; what still waits on it waits for ever.
    func stop() {
        end.finish()
        hasEnded.wait()
    }
}

/// Work that runs on a loop while the test goes on.
final class Pending<Value: Sendable>: Sendable {
    /// What a test throws where the work does not end: far more than a slow machine needs.
    struct NeverEnded: Error {}

    private let task: Task<Void, Never>
    private let outcome: Outcome

    private final class Outcome: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
        let isThere = DispatchSemaphore(value: 0)
    }

    init(on loop: EventLoop, _ body: @escaping @Sendable () async throws -> Value) {
        let outcome = Outcome()
        self.outcome = outcome
        task = Task(executorPreference: loop) {
            do {
                let value = try await body()
                outcome.result.withLock { $0 = .success(value) }
            } catch {
                outcome.result.withLock { $0 = .failure(error) }
            }
            outcome.isThere.signal()
        }
    }

    /// Whether it is done, one way or the other.
    var isDone: Bool { outcome.result.withLock { $0 != nil } }

    /// Waits for what it returns or throws, 60 seconds at most.
    func value() throws -> Value {
        guard outcome.isThere.wait(timeout: .now() + 60) == .success else { throw NeverEnded() }
        outcome.isThere.signal()
        return try outcome.result.withLock { try $0!.get() }
    }

    func cancel() { task.cancel() }
}
