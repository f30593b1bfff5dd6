/// Makes calls that block, and may never return, one at a time on a thread of its own.
///
/// The caller's loop goes on meanwhile. A call that does not return in time is given up: its thread is lost then, and so is what
/// the call was made on.
public final class BlockingCalls: Sendable {
    private let worker: Worker

    /// Starts the thread, if the system gives one; otherwise there is no value.
    ///
    /// - Parameter name: what `top -H` shows; cut after 15 bytes by the kernel.
    public init?(_ name: String) {
        guard let worker = Worker(ifPossible: name) else { return nil }
        self.worker = worker
        let isStarted = worker.startIfPossible { worker in
            while !worker.mustStop { await worker.wait(until: nil) }
        }
        guard isStarted else { return nil }
    }

    deinit { end() }

    /// Makes a call and waits until it has returned.
    ///
    /// - Parameters:
    ///   - loop: the caller's own.
    ///   - deadline: when to wait no longer.
    /// - Returns: what the call returned; `nil` if it has not returned by then, or is not made, since this has ended. A call that
    ///   was made may still return, and nobody will know.
    public func run<Result: Sendable>(
        on loop: EventLoop, until deadline: EventLoop.Nanoseconds, _ call: @escaping @Sendable () -> Result
    ) async -> Result? {
        let promise = Promise<Result>(on: loop)
        guard worker.perform({ promise.fulfil(call()) }) else { return nil }
        return await promise.value(until: deadline)
    }

    /// Ends the thread, once it has returned from its call.
    public func end() { worker.beginStopping() }
}
