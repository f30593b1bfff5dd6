public import ServiceKit

/// When a worker connects: the states of its connection, and what follows from what happens to it. Without I/O.
public struct Reconnection: Sendable, Equatable {
    /// The state of the connection.
    public enum State: Sendable, Equatable {
        /// It is to be opened now.
        case connecting
        /// It is open and in use, since then.
        case connected(since: EventLoop.Nanoseconds)
        /// It failed, and is not tried again before then.
        case pausing(until: EventLoop.Nanoseconds)
    }

    /// The state of the connection.
    public private(set) var state = State.connecting
    private var backoff: Backoff
    /// A connection that lasted so long, in nanoseconds, counts as one that worked: the next pause is short again.
    static let steady: EventLoop.Nanoseconds = 2_000_000_000

    /// Starts with a connection that is to be opened now.
    public init(_ backoff: Backoff = Backoff()) { self.backoff = backoff }

    /// The connection is open and set up.
    public mutating func opened(at now: EventLoop.Nanoseconds) {
        if state == .connecting { state = .connected(since: now) }
    }

    /// The connection could not be opened or set up, or is gone.
    ///
    /// - Parameter spread: 0 to 1, what chance decides.
    public mutating func lost(at now: EventLoop.Nanoseconds, spread: Double = .random(in: 0...1)) {
        switch state {
        case .connected(let since):
            if now >= since &+ Reconnection.steady { backoff.reset() }
            pause(now, spread)
        case .connecting: pause(now, spread)
        case .pausing: break
        }
    }

    private mutating func pause(_ now: EventLoop.Nanoseconds, _ spread: Double) {
        state = .pausing(until: now &+ EventLoop.Nanoseconds(backoff.next(spread: spread) * 1e9))
    }

    /// Time has gone on.
    public mutating func tick(at now: EventLoop.Nanoseconds) {
        if case .pausing(let until) = state, now >= until { state = .connecting }
    }
}
