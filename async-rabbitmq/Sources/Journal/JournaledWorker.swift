public import AMQPClient
public import ServiceKit

/// A service's worker at RabbitMQ: one instance at a time works on a queue, and keeps a journal of what it has done.
///
/// - The right to work is a lease: see ``AMQPLease``.
/// - What the service knows is told by its journal, a stream: it is read before the work begins, and written to before anything
///   is told to others.
/// - The journal is known again by a token outside of it, a message in the lease's queue: see ``JournalToken``.
public final class JournaledWorker<Work: JournaledWork>: Sendable {
    private let role: JournaledRole<Work>
    private let worker: AMQPWorker<JournaledRole<Work>>

    /// Starts connecting.
    public init(
        _ names: JournalNames, _ settings: JournalSettings, _ address: AMQPAddress, name: String, faults: Faults,
        readiness: Readiness, log: Logger, _ work: Work
    ) {
        role = JournaledRole(names, settings, faults, readiness, log, work)
        worker = AMQPWorker(name, address, role, log: log)
    }

    /// Has the work take a command, soon. From any thread.
    ///
    /// - Returns: whether it will be taken or refused; if not, the worker has ended.
    public func post(_ command: Work.Command) -> Bool { worker.post(command) }

    /// Which connection is open, or was the last one. From any thread.
    public var connectionNumber: Int { worker.connectionNumber }

    /// Ends a call that hangs, and so the connection; another one is made. From any thread.
    public func interrupt(connection number: Int) { worker.interrupt(connection: number) }

    /// Takes no message of the queue any more, from now on, but still takes commands.
    public func stopConsuming() { role.stopConsuming() }

    /// Finishes what is in hand and closes the connection; what was fetched ahead goes back to the queue.
    public func close(on loop: EventLoop, until deadline: EventLoop.Nanoseconds) async {
        role.stopConsuming()
        await worker.stop(on: loop, until: deadline)
    }
}

/// What a ``JournaledWork`` does with the broker, on the worker's thread.
public struct JournalSession<Work: JournaledWork> {
    let role: JournaledRole<Work>
    let connection: AMQPConnection

    /// Publishes a message; ``JournaledWork/answered(_:_:_:)`` tells what became of it.
    public func publish(_ publication: AMQPPublication, _ token: Work.Token) throws(AMQPError) {
        try role.publish(publication, token, connection)
    }

    /// Adds an entry to the journal; ``JournaledWork/journaled(_:_:)`` tells when it is safe.
    ///
    /// - Parameters:
    ///   - token: `nil` if nothing follows from it.
    ///   - isUrgent: whether somebody waits for it. If not, it is written a little later, with what comes until then.
    ///   - write: writes the entry. It may write nothing: then the token comes when all that was added before is safe.
    /// - Returns: the number of the record that the entry is part of.
    @discardableResult
    public func journal(
        _ token: Work.Token?, isUrgent: Bool = true, _ write: (inout BinaryWriter) -> Void
    ) -> UInt64 {
        role.journal(token, isUrgent: isUrgent, write)
    }

    /// Whether all that was added to the journal is safe.
    public var isJournaled: Bool { role.isJournaled }

    /// The last number that was given to a record, also to one that is not written yet.
    public var newestRecord: UInt64 { role.newestRecord }

    /// The work on a message of the queue is done: it may be acknowledged.
    public func complete(_ tag: UInt64) { role.complete(tag) }

    /// Declares the topology once more, for bindings may have been deleted.
    public func declareTopology() throws(AMQPError) { try role.declareTopology(connection) }
}
