public import ServiceKit
internal import Synchronization

/// Publishes with confirms from a service's loop: many messages under way at once on one channel.
///
/// Everything public belongs to the loop's thread. A message that is not confirmed within five seconds is given up, and
/// then the connection is shut down, since a broker that is silent for so long may never answer; not where it has said
/// that it is blocked.
///
/// `@unchecked Sendable`: `waiting`, `deadlines` and `next` are touched on the loop's thread only, which is checked.
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
    private struct Waiter {
        let continuation: UnsafeContinuation<Outcome, Never>
        /// The connection that the message was to go over.
        let connection: Int
    }
    private var waiting: [UInt64: Waiter] = [:]
    /// When messages are given up, oldest first; those before `oldest` are done with.
    private var deadlines: [(id: UInt64, at: EventLoop.Nanoseconds)] = []
    private var oldest = 0
    private var next: UInt64 = 0
    /// The last deadline that the loop was told; it may be early.
    public private(set) var deadline: EventLoop.Nanoseconds?

    /// How long a confirm may take.
    public static let patience: EventLoop.Nanoseconds = 5_000_000_000

    /// Starts connecting.
    ///
    /// - Parameters:
    ///   - topology: declared on each connection.
    ///   - holder: what must have the lease before anything is published; `nil` where there is none to be had.
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
                loop.perform { self.complete(results) }
            }
        }
        loop.add(self)
    }

    /// Whether a message would be sent at once.
    public var isAvailable: Bool { role.isAvailable.load(ordering: .relaxed) }

    /// How many messages are under way.
    public var underWay: Int { waiting.count }

    /// Publishes a message and waits for its confirm.
    public func publish(_ publication: AMQPPublication) async -> Outcome {
        loop.preconditionOnLoop()
        guard isAvailable else { return .unavailable }
        let id = next
        next += 1
        let end = EventLoop.now() &+ AMQPPublisher.patience
        deadlines.append((id, end))
        if deadline == nil { deadline = end }
        return await withUnsafeContinuation { continuation in
            waiting[id] = Waiter(continuation: continuation, connection: worker.connectionNumber)
            worker.post(.publish(id: id, publication, deadline: end))
        }
    }

    /// Declares the topology once more, and tells how many messages of a queue wait for a consumer.
    ///
    /// - Returns: `nil` where the broker is away.
    public func inspect(_ queue: String) async -> Int? {
        loop.preconditionOnLoop()
        guard isAvailable else { return nil }
        return await withUnsafeContinuation { continuation in
            worker.post(.inspect(queue: queue) { continuation.resume(returning: $0) })
        }
    }

    private func complete(_ results: [(id: UInt64, outcome: Outcome)]) {
        for (id, outcome) in results { waiting.removeValue(forKey: id)?.continuation.resume(returning: outcome) }
        if waiting.isEmpty {
            deadlines.removeAll(keepingCapacity: true)
            oldest = 0
            deadline = nil
        }
    }

    /// Gives up what has waited for too long.
    public func takeTurn() {
        guard let deadline, deadline <= EventLoop.now() else { return }
        let now = EventLoop.now()
        var silent: Set<Int> = []
        while oldest < deadlines.count {
            let (id, end) = deadlines[oldest]
            guard let waiter = waiting[id] else {
                oldest += 1
                continue
            }
            guard end <= now else { break }
            oldest += 1
            silent.insert(waiter.connection)
            waiting[id] = nil
            waiter.continuation.resume(returning: .timedOut)
        }
        deadlines.removeFirst(oldest)
        oldest = 0
        self.deadline = deadlines.first?.at
        guard !role.isBlocked.load(ordering: .relaxed) else { return }
        // A message may have been on its way to a connection that is gone: the one that is open now did not keep it waiting.
        for connection in silent { worker.interrupt(connection: connection) }
    }

    /// Waits for what is under way, then closes the connection.
    public func close(until end: EventLoop.Nanoseconds) async {
        loop.preconditionOnLoop()
        await worker.stop(on: loop, until: end)
        complete(waiting.keys.map { ($0, .unavailable) })
        loop.remove(self)
    }
}
