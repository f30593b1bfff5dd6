internal import ServiceKit
internal import Synchronization

/// The publisher's half on the worker's thread: sends, and keeps the book of confirms.
///
/// `@unchecked Sendable`: `ledger`, `results` and `isBlockedNow` belong to the worker's thread, the rest is immutable or
/// safe by itself.
final class PublisherRole: AMQPRole, @unchecked Sendable {
    enum Command: Sendable {
        /// Nobody waits for it any more after the deadline.
        case publish(id: UInt64, AMQPPublication, deadline: EventLoop.Nanoseconds)
        /// Declares the topology once more, and tells how many messages of a queue wait for a consumer.
        case inspect(queue: String, @Sendable (Int?) -> Void)
    }
    typealias Results = [(id: UInt64, outcome: AMQPPublisher.Outcome)]

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
    private let stateChanged: @Sendable (String?) -> Void
    private var ledger = ConfirmLedger<UInt64>()
    private var results: Results = []
    /// Whether messages may be published on this connection, blocked or not.
    private var hasBegun = false
    private static let (channel, spare): (UInt16, UInt16) = (1, 2)
    /// Clients wait for the confirms.
    static let rest: EventLoop.Nanoseconds = 0

    init(
        _ topology: AMQPTopology, _ holder: (any AMQPLeaseHolder)?,
        _ stateChanged: @escaping @Sendable (String?) -> Void
    ) {
        self.topology = topology
        self.holder = holder
        lease = holder.map { AMQPLease($0.lease) }
        self.stateChanged = stateChanged
        stateChanged("the broker")
    }

    func connected(_ connection: AMQPConnection) throws(AMQPError) {
        try connection.openChannel(PublisherRole.channel)
        try holder?.declare(connection, channel: PublisherRole.channel)
        try connection.declare(topology, on: PublisherRole.channel)
        if lease == nil { try begin(connection) }
    }

    private func begin(_ connection: AMQPConnection) throws(AMQPError) {
        try connection.selectConfirms(PublisherRole.channel)
        ledger = ConfirmLedger()
        hasBegun = true
        setBlocked(isBlocked.load(ordering: .relaxed))
    }

    /// - Returns: when to ask again for the lease; `nil` where there is none to ask for.
    private func ask(_ connection: AMQPConnection) throws(AMQPError) -> EventLoop.Nanoseconds? {
        guard let holder else { return nil }
        let isGranted = try lease?.ask(connection, on: PublisherRole.channel, at: EventLoop.now()) ?? false
        guard isGranted else {
            holder.refused()
            stateChanged("the lease, which another instance holds")
            return lease?.deadline
        }
        try holder.granted(connection, spare: PublisherRole.spare)
        try begin(connection)
        return nil
    }

    /// A blocked broker takes nothing, so it counts as none.
    private func setBlocked(_ blocked: Bool) {
        isBlocked.store(blocked, ordering: .relaxed)
        guard hasBegun else { return }
        isAvailable.store(!blocked, ordering: .relaxed)
        stateChanged(blocked ? OrderLog.blocked : nil)
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
        case .publish(let id, let publication, let deadline):
            guard deadline > now else { return refuse([command]) }
            ledger.publish(id, messageID: publication.message.messageID)
            try connection.publish(publication, on: PublisherRole.channel)
        case .inspect(let queue, let answer):
            var count: Int?
            defer { answer(count) }
            try connection.declare(topology, on: PublisherRole.channel)
            count = try connection.messageCount(queue, on: PublisherRole.channel)
        }
    }

    func take(_ event: AMQPEvent, _ connection: AMQPConnection) throws(AMQPError) {
        switch event {
        case .confirmed(_, let tag, let multiple): settle(tag, multiple, isRefusal: false)
        case .refused(_, let tag, let multiple): settle(tag, multiple, isRefusal: true)
        case .returned(_, let messageID): ledger.returned(messageID: messageID)
        case .blocked: setBlocked(true)
        case .unblocked: setBlocked(false)
        case .delivery: break
        }
    }

    private func settle(_ tag: UInt64, _ multiple: Bool, isRefusal: Bool) {
        ledger.settle(tag, multiple: multiple, isRefusal: isRefusal) { id, verdict in
            let outcome: AMQPPublisher.Outcome =
                switch verdict {
                case .confirmed: .confirmed
                case .returned: .returned
                case .refused: .refused
                }
            results.append((id, outcome))
        }
    }

    func turn(_ connection: AMQPConnection) throws(AMQPError) -> EventLoop.Nanoseconds? {
        deliver()
        return hasBegun ? nil : try ask(connection)
    }

    private func deliver() {
        guard !results.isEmpty else { return }
        let batch = results
        results.removeAll(keepingCapacity: true)
        completion.withLock { $0 }?.call(batch)
    }

    func finish(_ connection: AMQPConnection) throws(AMQPError) -> Bool { ledger.count == 0 }

    func disconnected(_ error: AMQPError) {
        isAvailable.store(false, ordering: .relaxed)
        isBlocked.store(false, ordering: .relaxed)
        hasBegun = false
        lease?.lose()
        holder?.lost()
        stateChanged(error.summary)
        for id in ledger.takeAll() { results.append((id, .unavailable)) }
        deliver()
    }

    func refuse(_ commands: [Command]) {
        for command in commands {
            switch command {
            case .publish(let id, _, _): results.append((id, .unavailable))
            case .inspect(_, let answer): answer(nil)
            }
        }
        deliver()
    }
}
