internal import ServiceKit
internal import Synchronization

/// The publisher's half on the worker's thread: sends, and knows which messages are not confirmed yet.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread, but for the atomic flags and the completion, which are
/// safe by themselves.
final class PublisherRole: AMQPRole, @unchecked Sendable {
    enum Command: Sendable {
        /// Publishes a message for the holder of a ticket, who waits until the deadline.
        case publish(Ticket, AMQPPublication, deadline: EventLoop.Nanoseconds)
        /// Declares the topology once more, and tells how many messages of a queue wait for a consumer.
        case inspect(queue: String, @Sendable (Int?) -> Void)
    }
    typealias Ticket = PendingReplies<AMQPPublisher.Outcome, Int>.Ticket
    typealias Results = [(ticket: Ticket, outcome: AMQPPublisher.Outcome)]

    /// Is given what became of messages. A structure, since a bare closure would be wrapped anew at each access to a `Mutex`.
    struct Completion: Sendable {
        let call: @Sendable (Results) -> Void
    }
    let completion = Mutex<Completion?>(nil)
    let isAvailable = Atomic<Bool>(false)
    let isBlocked = Atomic<Bool>(false)
    private let topology: AMQPTopology
    private let holder: (any AMQPLeaseHolder)?
    private var lease: AMQPLease?
    private let log: Logger
    private let stateChanged: @Sendable (AMQPState) -> Void
    private var ledger = ConfirmLedger<Ticket>()
    private var results: Results = []
    /// Whether messages may be published on this connection, blocked or not.
    private var hasBegun = false
    /// Whether the channel for inspections is open on this connection.
    private var canInspect = false
    private static let (channel, spare, inspections): (UInt16, UInt16, UInt16) = (1, 2, 3)
    /// Clients wait for the confirms.
    static let pauseSeconds = 0.0

    init(
        _ topology: AMQPTopology, _ holder: (any AMQPLeaseHolder)?, _ log: Logger,
        _ stateChanged: @escaping @Sendable (AMQPState) -> Void
    ) {
        self.topology = topology
        self.holder = holder
        lease = holder.map { AMQPLease($0.lease) }
        self.log = log
        self.stateChanged = stateChanged
        stateChanged(.waiting("the broker"))
    }

    func connected(_ connection: AMQPConnection) async throws(AMQPError) {
        try connection.openChannel(PublisherRole.channel)
        try holder?.declare(connection, channel: PublisherRole.channel)
        try connection.declare(topology, on: PublisherRole.channel)
        guard lease == nil else { return }
        try connection.selectConfirms(PublisherRole.channel)
        begin(connection)
    }

    private func begin(_ connection: AMQPConnection) {
        ledger = ConfirmLedger()
        hasBegun = true
        // It may have been blocked while the log was read.
        setBlocked(connection.isBlocked)
    }

    /// - Returns: when to ask again for the lease; `nil` if there is none to ask for.
    private func ask(_ connection: AMQPConnection) async throws(AMQPError) -> EventLoop.Nanoseconds? {
        guard let holder else { return nil }
        let isGranted = try lease?.ask(connection, on: PublisherRole.channel, at: EventLoop.now()) ?? false
        guard isGranted else {
            holder.refused()
            stateChanged(.waiting("the lease, which another instance holds"))
            return lease?.deadline
        }
        // Before the log is read: the broker may block the connection meanwhile, and then answers no call.
        try connection.selectConfirms(PublisherRole.channel)
        try await holder.granted(connection, spare: PublisherRole.spare)
        begin(connection)
        return nil
    }

    /// A blocked broker takes nothing, so it counts as none.
    private func setBlocked(_ blocked: Bool) {
        isBlocked.store(blocked, ordering: .relaxed)
        guard hasBegun else { return }
        isAvailable.store(!blocked, ordering: .relaxed)
        stateChanged(blocked ? .blocked : .ready)
    }

    func take(_ commands: [Command], _ connection: AMQPConnection) throws(AMQPError) {
        guard isAvailable.load(ordering: .relaxed) else { return refuse(commands) }
        let now = EventLoop.now()
        var failure: AMQPError?
        for command in commands {
            guard failure == nil else {
                refuse([command])
                continue
            }
            do throws(AMQPError) {
                try take(command, connection, now)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func take(
        _ command: Command, _ connection: AMQPConnection, _ now: EventLoop.Nanoseconds
    ) throws(AMQPError) {
        switch command {
        case .publish(let ticket, let publication, let deadline):
            guard deadline > now else { return refuse([command]) }
            // Such a mistake is this message's own, and costs no other one its connection.
            if let problem = publication.problem {
                log.error("a message cannot be published", [.error: problem])
                return results.append((ticket, .refused))
            }
            ledger.publish(ticket, messageID: publication.message.messageID)
            try connection.publish(publication, on: PublisherRole.channel)
        case .inspect(let queue, let answer):
            var count: Int?
            defer { answer(count) }
            do throws(AMQPError) {
                count = try inspect(queue, connection)
            } catch {
                guard error.isAboutChannel else { throw error }
                // The broker has closed the channel for inspections, and nothing else.
                log.warning("a queue cannot be inspected", [.queue: queue, .error: error.description])
                try connection.reopenChannel(PublisherRole.inspections)
            }
        }
    }

    /// This uses a channel of its own: if there is no such queue the broker closes the channel, and with it would go the
    /// confirms that are under way, and the lease.
    private func inspect(_ queue: String, _ connection: AMQPConnection) throws(AMQPError) -> Int? {
        if !canInspect {
            try connection.openChannel(PublisherRole.inspections)
            canInspect = true
        }
        try connection.declare(topology, on: PublisherRole.inspections)
        return try connection.messageCount(queue, on: PublisherRole.inspections)
    }

    func take(_ event: AMQPEvent, _ connection: AMQPConnection) throws(AMQPError) {
        switch event {
        case .confirmed(_, let tag, let multiple): confirm(tag, multiple, isRefusal: false)
        case .refused(_, let tag, let multiple): confirm(tag, multiple, isRefusal: true)
        case .returned(_, let messageID): ledger.returned(messageID: messageID)
        case .blocked: setBlocked(true)
        case .unblocked: setBlocked(false)
        case .delivery: break
        }
    }

    private func confirm(_ tag: UInt64, _ multiple: Bool, isRefusal: Bool) {
        ledger.confirm(tag, multiple: multiple, isRefusal: isRefusal) { ticket, verdict in
            let outcome: AMQPPublisher.Outcome =
                switch verdict {
                case .confirmed: .confirmed
                case .returned: .returned
                case .refused: .refused
                }
            results.append((ticket, outcome))
        }
    }

    func turn(_ connection: AMQPConnection) async throws(AMQPError) -> EventLoop.Nanoseconds? {
        deliver()
        return hasBegun ? nil : try await ask(connection)
    }

    private func deliver() {
        guard !results.isEmpty else { return }
        let batch = results
        results.removeAll(keepingCapacity: true)
        completion.withLock { $0 }?.call(batch)
    }

    /// Requests that are in hand still publish while the worker stops: the service closes the publisher when they are answered.
    func finish(_ connection: AMQPConnection) throws(AMQPError) -> Bool { ledger.count == 0 }

    func disconnected(_ error: AMQPError) {
        isAvailable.store(false, ordering: .relaxed)
        isBlocked.store(false, ordering: .relaxed)
        hasBegun = false
        canInspect = false
        lease?.lose()
        holder?.lost()
        stateChanged(error.state)
        for ticket in ledger.takeAll() { results.append((ticket, .unavailable)) }
        deliver()
    }

    func refuse(_ commands: [Command]) {
        for command in commands {
            switch command {
            case .publish(let ticket, _, _): results.append((ticket, .unavailable))
            case .inspect(_, let answer): answer(nil)
            }
        }
        deliver()
    }
}
