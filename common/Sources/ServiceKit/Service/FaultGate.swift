/// Holds a consumer's messages back as its faults say, one after another: first the delay, then failure.
///
/// A pure value: the caller brings the clock, and waits. It may look again earlier than it is told, and finds a delay that
/// was shortened meanwhile.
public struct FaultGate: Sendable, Equatable {
    /// What may happen with the next message.
    public enum Passage: Sendable, Equatable {
        /// It may be worked on; the gate is closed again behind it.
        case open
        /// It is held back until then at the latest.
        case closed(until: EventLoop.Nanoseconds)
    }

    private enum State: Sendable, Equatable {
        /// No message has come to the gate.
        case free
        /// A message waits for its delay, since then.
        case delaying(since: EventLoop.Nanoseconds)
        /// A message has had its delay and failed, at that time.
        case failing(since: EventLoop.Nanoseconds)
    }

    private var state = State.free
    /// A message that failed is tried again after so many nanoseconds.
    public static let retryPause: EventLoop.Nanoseconds = 1_000_000_000

    /// Makes a gate with no message at it.
    public init() {}

    /// Whether the message at the gate may pass.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - delaySeconds: the injected delay, from 0 to 60.
    ///   - fails: whether failure is injected.
    public mutating func pass(at now: EventLoop.Nanoseconds, delaySeconds: Double, fails: Bool) -> Passage {
        let delay = EventLoop.Nanoseconds(max(0, min(delaySeconds, 60)) * 1e9)
        switch state {
        case .free:
            if delay > 0 {
                state = .delaying(since: now)
                return .closed(until: now &+ delay)
            }
        case .delaying(let start):
            if now < start &+ delay { return .closed(until: start &+ delay) }
        case .failing(let start):
            if fails && now < start &+ FaultGate.retryPause { return .closed(until: start &+ FaultGate.retryPause) }
        }
        if fails {
            state = .failing(since: now)
            return .closed(until: now &+ FaultGate.retryPause)
        }
        state = .free
        return .open
    }

    /// The message at the gate is gone, with its connection.
    public mutating func clear() { state = .free }
}
