internal import Synchronization

/// A thread with an event loop of its own, for work with a client library whose calls block.
///
/// A call holds this thread for as long as it takes, and nobody else's loop stands still. Between calls the work waits as every
/// task of a service does: for a descriptor, for a time, for what others ask of it.
///
/// A worker stops in one way: ``beginStopping()`` tells it to take nothing new, and ``stop(on:until:)`` waits until it has finished
/// what it has in hand.
public final class Worker: Sendable {
    /// The loop; what is started on it runs on the worker's thread.
    public let loop: EventLoop
    private let name: String
    private let waiter: Waiter
    private let isToldToStop = Atomic<Bool>(false)

    private struct State {
        var hasStarted = false
        /// Whether nothing more may be asked of the worker.
        var isClosed = false
        var hasEnded = false
        /// Who waits for the end.
        var watchers: [Waiter] = []
        /// How to tell those that have asked something that there is no answer.
        var questions: [Int: @Sendable () -> Void] = [:]
        var nextQuestion = 0
    }
    private let state = Mutex(State())

    /// Makes a worker whose thread does not run yet.
    ///
    /// - Parameter name: what `top -H` shows; cut after 15 bytes by the kernel.
    public convenience init(_ name: String) { self.init(name, on: EventLoop()) }

    /// Makes a worker as ``init(_:)`` does, unless the system has no descriptors left for its loop.
    public convenience init?(ifPossible name: String) {
        guard let loop = EventLoop(ifPossible: ()) else { return nil }
        self.init(name, on: loop)
    }

    private init(_ name: String, on loop: EventLoop) {
        self.name = name
        self.loop = loop
        waiter = Waiter(on: loop)
    }

    /// Starts the thread, which ends when `body` returns. Once only.
    ///
    /// If the system gives no thread, the process ends with 1 and one line on stderr: a service cannot do without its workers.
    public func start(_ body: @escaping @Sendable (Worker) async -> Void) {
        ServiceThread.start(name, run(body))
    }

    /// Starts the thread as ``start(_:)`` does, if the system gives one.
    ///
    /// - Returns: whether it did.
    public func startIfPossible(_ body: @escaping @Sendable (Worker) async -> Void) -> Bool {
        let isStarted = ServiceThread.attempt(name, run(body))
        if !isStarted { end() }
        return isStarted
    }

    private func run(_ body: @escaping @Sendable (Worker) async -> Void) -> @Sendable () -> Void {
        state.withLock { state in
            precondition(!state.hasStarted, "a worker is started once")
            state.hasStarted = true
        }
        return { [self] in
            loop.run {
                await body(self)
                self.state.withLock { $0.isClosed = true }
                // What was asked before that is done in the loop's next round.
                await Task.yield()
            }
            end()
        }
    }

    private func end() {
        let (watchers, questions) = state.withLock { state in
            defer { state.questions = [:] }
            (state.isClosed, state.hasEnded) = (true, true)
            return (state.watchers, state.questions.values)
        }
        // What nobody does any more would keep the loop, and the loop what it holds, for ever.
        loop.forgetCalls()
        for giveUp in questions { giveUp() }
        for watcher in watchers { watcher.wake() }
    }

    // MARK: From any thread

    /// Has the worker do something between two of its calls, soon; then its wait ends. Nothing is done after the worker's end;
    /// what was asked before ``beginStopping()`` is done.
    ///
    /// - Returns: whether the worker has not ended yet.
    @discardableResult
    public func perform(_ call: @escaping @Sendable () -> Void) -> Bool {
        // Within the lock: what is taken here is done, and after the worker's end nothing is left in the loop's inbox.
        state.withLock { state in
            guard !state.isClosed else { return false }
            loop.perform { [waiter] in
                call()
                waiter.wake()
            }
            return true
        }
    }

    /// Asks the worker something, which it answers between two of its calls.
    ///
    /// - Returns: the answer; `nil` if the worker has ended, or ends before it answers.
    public func ask<Answer: Sendable>(_ question: @escaping @Sendable () -> Answer) async -> Answer? {
        await withUnsafeContinuation { continuation in
            let number = state.withLock { state -> Int? in
                guard state.hasStarted, !state.isClosed else { return nil }
                defer { state.nextQuestion += 1 }
                state.questions[state.nextQuestion] = { continuation.resume(returning: nil) }
                return state.nextQuestion
            }
            guard let number else { return continuation.resume(returning: nil) }
            perform { [self] in
                guard state.withLock({ $0.questions.removeValue(forKey: number) }) != nil else { return }
                continuation.resume(returning: question())
            }
        }
    }

    /// Ends the worker's wait, or its next one; a burst of calls ends one wait.
    public func wake() { state.withLock { if !$0.isClosed { waiter.wake() } } }

    /// Whether the worker was told to stop.
    public var mustStop: Bool { isToldToStop.load(ordering: .sequentiallyConsistent) }

    /// Whether the worker's body has returned, or was never started.
    public var hasEnded: Bool { state.withLock { $0.hasEnded || !$0.hasStarted } }

    /// Tells the worker to take nothing new, and ends its wait.
    public func beginStopping() {
        isToldToStop.store(true, ordering: .sequentiallyConsistent)
        wake()
    }

    /// Tells the worker to stop, and waits until it has finished what it has in hand.
    ///
    /// - Parameters:
    ///   - loop: the caller's own.
    ///   - deadline: when to wait no longer.
    /// - Returns: whether it has ended.
    @discardableResult
    public func stop(on loop: EventLoop, until deadline: EventLoop.Nanoseconds) async -> Bool {
        beginStopping()
        let watcher = Waiter(on: loop)
        state.withLock { $0.watchers.append(watcher) }
        while !hasEnded, EventLoop.now() < deadline { await watcher.wait(until: deadline) }
        return hasEnded
    }

    // MARK: On the worker's own loop

    /// Suspends the worker's task until the descriptor can be read, something was asked of the worker, it must stop, or the time
    /// has come. What was asked is done when this returns. See ``Waiter/wait(readable:until:)``.
    public func wait(readable descriptor: Int32? = nil, until deadline: EventLoop.Nanoseconds?) async {
        await waiter.wait(readable: descriptor, until: deadline)
    }

    /// Suspends the worker's task for some seconds, or until it must stop or something is asked of it.
    public func pause(seconds: Double) async {
        await wait(until: EventLoop.now() &+ EventLoop.Nanoseconds(max(0, seconds) * 1e9))
    }

    /// Watches no descriptor any more: the one that was waited for is about to be closed.
    public func forgetDescriptor() { waiter.forget() }
}
