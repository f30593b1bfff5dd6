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
    private struct Current {
        var state = State.unconnected
        /// How many connections there were, with the one that is open now.
        var number = 0
    }
    private let current = Mutex(Current())

    /// Makes one for a connection that is still to be opened.
    public init() {}

    /// Which connection this is: the first one has the number 1, each further one the next.
    public var connectionNumber: Int { current.withLock { $0.number } }

    /// Shuts the connection's socket down, if there is one.
    ///
    /// - Parameter number: only this connection is meant, and not one that was opened since; `nil` for any.
    public func interrupt(_ number: Int? = nil) {
        current.withLock { current in
            guard case .connected(let descriptor) = current.state, number ?? current.number == current.number else {
                return
            }
            shutdown(descriptor, Int32(SHUT_RDWR))
            current.state = .interrupted
        }
    }

    /// Whether the socket was shut down here.
    var isInterrupted: Bool { current.withLock { if case .interrupted = $0.state { true } else { false } } }

    func remember(_ descriptor: Int32) {
        current.withLock { current in
            current.state = .connected(descriptor)
            current.number += 1
        }
    }

    /// The descriptor is about to be closed, and its number may then be another file's.
    func forget() { current.withLock { $0.state = .unconnected } }
}
