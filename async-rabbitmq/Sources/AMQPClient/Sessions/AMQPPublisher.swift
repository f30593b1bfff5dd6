public import ServiceKit
internal import Synchronization

/// Publishes with confirms from a service's loop: many messages under way at once on one channel.
///
/// Everything public belongs to the loop's thread. A message that is not confirmed within five seconds is given up, and
/// then the connection is shut down, since a broker that is silent for so long may never answer. It is not shut down if the
/// broker has said that it is blocked.
///
/// `@unchecked Sendable`: `replies` is touched on the loop's thread only, which is checked.
public final class AMQPPublisher: EventSource, @unchecked Sendable {
    /// What became of a message.
    public enum Outcome: Sendable, Equatable {
        /// The broker has it in all queues that are bound for it.
        case confirmed
        /// No queue is bound for it.
        case returned
        /// A queue refused it, or it cannot be encoded.
        case refused
        /// There is no answer yet; the message may arrive or not.
        case timedOut
        /// There is no connection, or the broker reads nothing at the moment; the message was perhaps not sent.
        case unavailable
    }

    private let loop: EventLoop
    private let role: PublisherRole
    private let worker: AMQPWorker<PublisherRole>
    /// Who waits for a confirm, with the connection that the message was to go over.
    private var replies = PendingReplies<Outcome, Int>()

    /// How long a confirm may take.
    public static let patience: EventLoop.Nanoseconds = 5_000_000_000

    /// Starts connecting.
    ///
    /// - Parameters:
    ///   - topology: declared on each connection.
    ///   - holder: what must have the lease before anything is published; `nil` if there is none.
    ///   - stateChanged: is told, on the worker's thread, what is needed before it can publish.
    public init(
        on loop: EventLoop, _ address: AMQPAddress, name: String, topology: AMQPTopology,
        holder: (any AMQPLeaseHolder)? = nil, log: Logger, stateChanged: @escaping @Sendable (AMQPState) -> Void
    ) {
        loop.preconditionOnLoop()
        self.loop = loop
        role = PublisherRole(topology, holder, log, stateChanged)
        worker = AMQPWorker(name, address, role, log: log)
        role.completion.withLock { completion in
            completion = .init { [weak self] results in
                guard let self else { return }
                loop.perform {
                    for (ticket, outcome) in results { self.replies.reply(ticket, outcome) }
                }
            }
        }
        loop.add(self)
    }

    /// Whether a message would be sent at once.
    public var isAvailable: Bool { role.isAvailable.load(ordering: .relaxed) }

    /// How many messages are under way.
    public var underWay: Int { replies.count }

    /// The earliest deadline of a message that is under way, or one that is earlier still.
    public var deadline: EventLoop.Nanoseconds? { replies.earliest }

    /// Publishes a message and waits for its confirm.
    public func publish(_ publication: AMQPPublication) async -> Outcome {
        loop.preconditionOnLoop()
        guard isAvailable else { return .unavailable }
        let (ticket, end) = (replies.makeTicket(), EventLoop.now() &+ AMQPPublisher.patience)
        return await withUnsafeContinuation { continuation in
            replies.add(ticket, continuation, worker.connectionNumber, until: end)
            let isTaken = worker.post(.publish(ticket, publication, deadline: end))
            if !isTaken { replies.reply(ticket, .unavailable) }
        }
    }

    /// Declares the topology once more, and tells how many messages of a queue wait for a consumer.
    ///
    /// - Returns: `nil` if the broker is away, or there is no such queue.
    public func inspect(_ queue: String) async -> Int? {
        loop.preconditionOnLoop()
        guard isAvailable else { return nil }
        return await withUnsafeContinuation { continuation in
            let isTaken = worker.post(.inspect(queue: queue) { continuation.resume(returning: $0) })
            if !isTaken { continuation.resume(returning: nil) }
        }
    }

    /// Gives up what has waited for too long.
    public func takeTurn() {
        guard let deadline, case let now = EventLoop.now(), deadline <= now else { return }
        let silent = Set(replies.replyToOverdue(now, .timedOut))
        guard !role.isBlocked.load(ordering: .relaxed) else { return }
        // A message may have been on its way to a connection that is gone: the one that is open now did not keep it waiting.
        for connection in silent { worker.interrupt(connection: connection) }
    }

    /// Waits for what is under way, then closes the connection.
    public func close(until end: EventLoop.Nanoseconds) async {
        loop.preconditionOnLoop()
        await worker.stop(on: loop, until: end)
        replies.replyToAll(.unavailable)
        loop.remove(self)
    }
}
