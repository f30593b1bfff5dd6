public import ServiceKit

/// The right to be the only one of its kind at work: held by being the exclusive consumer of a queue.
///
/// What stands in the queue is delivered to the holder: a good place for what the next holder must know.
///
/// The broker grants it once the channel that held it is gone, and with that everything which that channel has published is
/// routed. So what was published under the lease must be published on the channel that holds it. The queue is a classic one:
/// RabbitMQ 3.10 lets a quorum queue have two exclusive consumers.
public struct AMQPLease: Sendable {
    /// Whether the right is held, refused or yet to be asked for.
    public enum State: Sendable, Equatable {
        /// It is asked for then.
        case wanted(at: EventLoop.Nanoseconds)
        /// Another one has it; it is asked for again then.
        case refused(until: EventLoop.Nanoseconds)
        /// It is held, until the channel is gone.
        case held
    }

    private let queue: String
    /// So many of its messages may be held unacknowledged.
    private static let prefetch: UInt16 = 16
    /// Whether the right is held, refused or yet to be asked for.
    public private(set) var state = State.wanted(at: 0)
    /// A predecessor that was killed is gone in a moment; one that lives may stay for hours.
    private var backoff = Backoff(0.05...1)

    /// Names the queue, which must be declared before the lease is asked for.
    public init(_ queue: String) { self.queue = queue }

    /// Whether it is held.
    public var isHeld: Bool { state == .held }

    /// When to ask again; `nil` if it is held.
    public var deadline: EventLoop.Nanoseconds? {
        switch state {
        case .wanted(let time), .refused(let time): time
        case .held: nil
        }
    }

    /// Asks for it if it is time to. A refusal costs the channel, which is opened again: what else the channel needs
    /// comes after the lease.
    ///
    /// - Returns: whether it was granted now.
    public mutating func ask(
        _ connection: AMQPConnection, on channel: UInt16, at now: EventLoop.Nanoseconds
    ) throws(AMQPError) -> Bool {
        guard let deadline, deadline <= now else { return false }
        do throws(AMQPError) {
            try connection.consume(queue, on: channel, prefetch: AMQPLease.prefetch, isExclusive: true)
        } catch {
            guard error.kind == .channelClosed(code: 403) else { throw error }
            try connection.reopenChannel(channel)
            state = .refused(until: now &+ EventLoop.Nanoseconds(backoff.next() * 1e9))
            return false
        }
        state = .held
        backoff.reset()
        return true
    }

    /// The channel is gone, and the right with it.
    public mutating func lose() { state = .wanted(at: 0) }
}
