/// Holds a consumer's messages back as its faults say, one after another: first the delay, then failure.
///
/// A pure value: the caller brings the clock, and waits. It may look again earlier than it is told, and finds a delay that
/// was shortened meanwhile.
public struct MessageFaults: Sendable, Equatable {
    /// What may happen with the next message.
    public enum Decision: Sendable, Equatable {
        /// It may be worked on. The next decision is about the message after it.
        case proceed
        /// It is held back until then at the latest.
        case hold(until: EventLoop.Nanoseconds)
    }

    private enum State: Sendable, Equatable {
        /// No message is held back.
        case free
        /// A message waits for its delay, since then.
        case delaying(since: EventLoop.Nanoseconds)
        /// A message has had its delay and failed, at that time.
        case failing(since: EventLoop.Nanoseconds)
    }

    private var state = State.free
    /// A message that failed is tried again after so many nanoseconds.
    public static let retryPause: EventLoop.Nanoseconds = 1_000_000_000

    /// Starts with no message held back.
    public init() {}

    /// Whether the next message may be worked on.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - delaySeconds: the injected delay, from 0 to 60.
    ///   - fails: whether failure is injected.
    public mutating func decide(at now: EventLoop.Nanoseconds, delaySeconds: Double, fails: Bool) -> Decision {
        let delay = EventLoop.Nanoseconds(max(0, min(delaySeconds, 60)) * 1e9)
        switch state {
        case .free:
            if delay > 0 {
                state = .delaying(since: now)
                return .hold(until: now &+ delay)
            }
        case .delaying(let start):
            if now < start &+ delay { return .hold(until: start &+ delay) }
        case .failing(let start):
            if fails && now < start &+ MessageFaults.retryPause {
                return .hold(until: start &+ MessageFaults.retryPause)
            }
        }
        if fails {
            state = .failing(since: now)
            return .hold(until: now &+ MessageFaults.retryPause)
        }
        state = .free
        return .proceed
    }

    /// The message that is held back is gone, with its connection.
    public mutating func clear() { state = .free }
}
