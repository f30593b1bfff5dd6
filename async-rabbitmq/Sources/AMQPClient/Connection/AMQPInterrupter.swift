internal import Glibc
internal import Synchronization

/// Ends whatever a connection's thread waits for, from any other thread: the socket is shut down, and the call that hangs
/// on it returns with an error.
///
/// librabbitmq publishes without a time limit: to a broker that has stopped reading, for ever.
public final class AMQPInterrupter: Sendable {
    private enum State {
        case unconnected
        case connected(Int32)
        case interrupted
    }
    private let state = Mutex(State.unconnected)

    /// Makes one for a connection that is still to be opened.
    public init() {}

    /// Shuts the connection's socket down, where there is one.
    public func interrupt() {
        state.withLock { state in
            guard case .connected(let descriptor) = state else { return }
            shutdown(descriptor, Int32(SHUT_RDWR))
            state = .interrupted
        }
    }

    /// Whether the socket was shut down here.
    var isInterrupted: Bool { state.withLock { if case .interrupted = $0 { true } else { false } } }

    /// Whether there is no socket.
    var isForgotten: Bool { state.withLock { if case .unconnected = $0 { true } else { false } } }

    func remember(_ descriptor: Int32) { state.withLock { $0 = .connected(descriptor) } }

    /// The descriptor is about to be closed, and its number may then be another file's.
    func forget() { state.withLock { $0 = .unconnected } }
}
