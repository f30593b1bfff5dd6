internal import Synchronization

/// A value that another thread gives once, and that one task of a loop waits for.
public final class Promise<Value: Sendable>: Sendable {
    private let given = Mutex<Value?>(nil)
    private let waiter: Waiter

    /// Makes one that a task of this loop waits for.
    public init(on loop: EventLoop) { waiter = Waiter(on: loop) }

    /// Gives the value, from any thread. Only the first one counts.
    public func fulfil(_ value: Value) {
        given.withLock { if $0 == nil { $0 = value } }
        waiter.wake()
    }

    /// Waits for the value, on the loop.
    ///
    /// - Parameter deadline: when to wait no longer.
    /// - Returns: the value; `nil` if it was not given by then.
    public func value(until deadline: EventLoop.Nanoseconds) async -> Value? {
        while true {
            if let value = given.withLock({ $0 }) { return value }
            guard EventLoop.now() < deadline else { return nil }
            await waiter.wait(until: deadline)
        }
    }
}
