internal import AMQPClient
internal import Containers
internal import ServiceKit
internal import Synchronization

/// A ``JournaledWorker`` on its worker's thread: holds the lease, sends the records, hands messages to the work.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread, but for the atomic flag.
final class JournaledRole<Work: JournaledWork>: AMQPRole, @unchecked Sendable {
    typealias Command = Work.Command

    /// What the broker's confirms on the channel of the lease are about.
    enum Sent: Sendable {
        case record(UInt64)
        case message(Work.Token)
        /// A barrier or a token: only that it was confirmed counts.
        case other
    }
    enum Phase: Equatable {
        /// No connection, or no lease.
        case waiting
        /// The journal is read, and work goes on.
        case atWork
        /// A journal was lost, and the work must not go on.
        case refusing
    }
    /// What the memory holds: everything up to a record, which stood at this place of the stream or behind it.
    struct Known {
        let identity: JournalIdentity
        let last: UInt64
        let epoch: UInt32
        let offset: Int64
    }

    let names: JournalNames
    let settings: JournalSettings
    private let faults: Faults
    let readiness: Readiness
    let log: Logger
    let work: Work
    private let isConsumptionOver = Atomic<Bool>(false)

    private var lease: AMQPLease
    var phase = Phase.waiting
    var sent = ConfirmLedger<Sent>()
    /// What is to be written to the journal; `nil` before that was read.
    var outbox: JournalOutbox<Work.Token>?
    var known: Known?
    /// The token as it is to be, and what stands in the lease's queue.
    var token: JournalToken?
    var tokenState = TokenState()
    /// What came from a stream that is being read.
    var read = Deque<AMQPDelivery>()
    /// The place of a record in the stream, from which those of later ones are reckoned.
    var place: (record: UInt64, offset: Int64) = (0, 0)
    var snapshot = SnapshotState()
    private let recordSent = CrashPoint("record-sent")
    let snapshotBegun = CrashPoint("snapshot-begun")
    let snapshotPiece = CrashPoint("snapshot-piece")
    let snapshotEnded = CrashPoint("snapshot-ended")
    var checks = JournalChecks()
    /// Where the stream ended when it was read.
    var endOffset: Int64 = 0

    private var waiting = Deque<AMQPDelivery>()
    private var messageFaults = MessageFaults()
    private var deliveries = DeliveryLedger()
    private var isConsuming = false
    /// When entries that nobody waits for are sent at the latest.
    private var lazyDeadline: EventLoop.Nanoseconds?
    private static var lazyPause: EventLoop.Nanoseconds { 20_000_000 }

    /// What was published under the lease must be published on the channel that holds it.
    static var leaseChannel: UInt16 { 1 }
    static var workChannel: UInt16 { 2 }
    static var readChannel: UInt16 { 3 }
    private static var prefetch: UInt16 { 500 }
    static var part: String { "broker" }
    static var pauseSeconds: Double { Work.pauseSeconds }

    init(
        _ names: JournalNames, _ settings: JournalSettings, _ faults: Faults, _ readiness: Readiness, _ log: Logger,
        _ work: Work
    ) {
        self.names = names
        self.settings = settings
        self.faults = faults
        self.readiness = readiness
        self.log = log
        self.work = work
        lease = AMQPLease(names.lease)
        readiness.set(Self.part, missing: "the broker")
        readiness.missingState = "\(Work.stateName), which is yet to be rebuilt from the journal"
    }

    func stopConsuming() { isConsumptionOver.store(true, ordering: .relaxed) }

    // MARK: The connection

    func connected(_ connection: AMQPConnection) async throws(AMQPError) {
        try connection.openChannel(Self.leaseChannel)
        try connection.openChannel(Self.workChannel)
        try connection.declare(names.topology, on: Self.leaseChannel)
    }

    func disconnected(_ error: AMQPError) {
        if let outbox, phase == .atWork, let confirmed = outbox.confirmed {
            known = Known(
                identity: outbox.identity, last: confirmed, epoch: outbox.epoch, offset: offset(of: confirmed))
        }
        lease.lose()
        setPhase(.waiting)
        sent = ConfirmLedger()
        outbox = nil
        lazyDeadline = nil
        tokenState = TokenState()
        snapshot.breakOff()
        read.removeAll()
        waiting.removeAll()
        deliveries = DeliveryLedger()
        messageFaults.clear()
        isConsuming = false
        readiness.condition = .starting
        readiness.set("blocked", missing: nil)
        readiness.set(Self.part, error.state)
        work.disconnected()
    }

    func setPhase(_ phase: Phase, isBlocked: Bool = false) {
        self.phase = phase
        work.availabilityChanged(phase == .atWork && !isBlocked)
    }

    private func tellWhetherBlocked(_ connection: AMQPConnection) {
        readiness.set("blocked", connection.isBlocked ? .blocked : .ready)
        if connection.isBlocked { log.warning("the broker takes nothing, since it is short of memory or disk") }
        setPhase(phase, isBlocked: connection.isBlocked)
    }

    /// - Returns: whether the lease was granted now.
    private func ask(_ connection: AMQPConnection) throws(AMQPError) -> Bool {
        if try lease.ask(connection, on: Self.leaseChannel, at: EventLoop.now()) { return true }
        if readiness.condition != .standby {
            log.info("another instance is at work: standing by")
            readiness.condition = .standby
            readiness.set(Self.part, missing: "the lease, which another instance holds")
            readiness.missingState = "\(Work.stateName), which another instance has"
        }
        return false
    }

    // MARK: What happens

    func take(_ commands: [Command], _ connection: AMQPConnection) throws(AMQPError) {
        guard phase == .atWork, !connection.isBlocked else { return refuse(commands) }
        let session = JournalSession(role: self, connection: connection)
        for (index, command) in commands.enumerated() {
            do throws(AMQPError) {
                try work.take(command, session)
            } catch {
                refuse(Array(commands[(index + 1)...]))
                throw error
            }
        }
    }

    func refuse(_ commands: [Command]) { for command in commands { work.refuse(command) } }

    func take(_ event: AMQPEvent, _ connection: AMQPConnection) throws(AMQPError) {
        switch event {
        case .delivery(let delivery):
            switch delivery.channel {
            case Self.leaseChannel: try takeToken(delivery, connection)
            case Self.readChannel: read.append(delivery)
            default:
                guard !isConsumptionOver.load(ordering: .relaxed) else { return }
                deliveries.add(delivery.tag)
                waiting.append(delivery)
            }
        case .confirmed(_, let tag, let multiple): try confirm(tag, multiple, isRefusal: false, connection)
        case .refused(_, let tag, let multiple): try confirm(tag, multiple, isRefusal: true, connection)
        case .returned(_, let messageID): sent.returned(messageID: messageID)
        case .blocked, .unblocked: tellWhetherBlocked(connection)
        }
    }

    private func confirm(
        _ tag: UInt64, _ multiple: Bool, isRefusal: Bool, _ connection: AMQPConnection
    ) throws(AMQPError) {
        var answers: [(Sent, ConfirmVerdict)] = []
        sent.confirm(tag, multiple: multiple, isRefusal: isRefusal) { answers.append(($0, $1)) }
        let session = JournalSession(role: self, connection: connection)
        for (sent, verdict) in answers {
            switch sent {
            case .message(let token): try work.answered(token, verdict, session)
            case .record, .other:
                // A stream that is gone, or takes nothing: whatever was written since is not safe.
                guard verdict == .confirmed else {
                    throw AMQPError(.connectionLost, "the broker does not take what is written to \(names.journal)")
                }
                guard case .record(let number) = sent else { continue }
                outbox?.confirm(number)
                while let token = outbox?.popSafe() { try work.journaled(token, session) }
                snapshot.confirm(upTo: outbox?.confirmed)
            }
        }
    }

    // MARK: The turn

    func turn(_ connection: AMQPConnection) async throws(AMQPError) -> EventLoop.Nanoseconds? {
        if !lease.isHeld {
            guard !connection.mustStop, try ask(connection) else { return lease.deadline }
            try await start(connection)
        }
        guard phase == .atWork, !connection.isBlocked else { return nil }
        let session = JournalSession(role: self, connection: connection)
        try await checkJournals(connection)
        try consume(connection)
        let faultEnds = try workOn(connection, session)
        let workDeadline = try work.turn(session)
        let lazyDeadline = try sendRecords(connection)
        try continueSnapshot(connection)
        let tokenDeadline = try updateToken(connection)
        try acknowledge(connection)
        return [faultEnds, workDeadline, lazyDeadline, tokenDeadline, deliveries.deadline, checks.next].compactMap {
            $0
        }.min()
    }

    private func consume(_ connection: AMQPConnection) throws(AMQPError) {
        guard !isConsuming, !isConsumptionOver.load(ordering: .relaxed) else { return }
        try connection.consume(names.queue, on: Self.workChannel, prefetch: Self.prefetch)
        isConsuming = true
    }

    /// - Returns: when to look again at messages that a fault holds back.
    private func workOn(
        _ connection: AMQPConnection, _ session: JournalSession<Work>
    ) throws(AMQPError) -> EventLoop.Nanoseconds? {
        let now = EventLoop.now()
        while !isConsumptionOver.load(ordering: .relaxed), let delivery = waiting.first {
            let decision = messageFaults.decide(at: now, delaySeconds: faults.delaySeconds, fails: faults.fails)
            // Looked at again soon, for the fault may be changed meanwhile.
            if case .hold(let until) = decision { return min(until, now &+ 100_000_000) }
            waiting.popFirst()
            let message = Result { () throws(MalformedMessage) in try work.read(delivery) }
            switch message {
            case .success(let message):
                guard let problem = try work.handle(message, delivery.tag, session) else { continue }
                try reject(delivery, problem, connection)
            case .failure(let problem): try reject(delivery, problem, connection)
            }
        }
        return nil
    }

    private func reject(
        _ delivery: AMQPDelivery, _ problem: MalformedMessage, _ connection: AMQPConnection
    ) throws(AMQPError) {
        log.warning(
            "a message went to the dead letters",
            [.queue: names.queue, .messageID: delivery.message.messageID ?? "", .error: problem.description])
        deliveries.reject(delivery.tag)
        try connection.reject(delivery.tag, on: Self.workChannel)
    }

    /// - Parameter all: whether entries that nobody waits for are sent too.
    /// - Returns: when such entries are sent at the latest; `nil` if there are none.
    @discardableResult
    func sendRecords(_ connection: AMQPConnection, all: Bool = false) throws(AMQPError) -> EventLoop.Nanoseconds? {
        let isDue = lazyDeadline.map { $0 <= EventLoop.now() } ?? false
        while let record = outbox?.pop(all: all || isDue) { try send(record, connection) }
        guard outbox?.isLazy == true else {
            lazyDeadline = nil
            return nil
        }
        let deadline = lazyDeadline ?? EventLoop.now() &+ Self.lazyPause
        lazyDeadline = deadline
        return isDue ? nil : deadline
    }

    func send(_ record: JournalRecord, _ connection: AMQPConnection) throws(AMQPError) {
        let body = record.body
        snapshot.count(bytes: body.count)
        try publishRecord(
            body, to: names.journal, record.content == .barrier ? .other : .record(record.number), connection)
        if case .entries = record.content { reach(recordSent, connection) }
    }

    private func acknowledge(_ connection: AMQPConnection, isLast: Bool = false) throws(AMQPError) {
        guard let tag = deliveries.acknowledgement(at: EventLoop.now(), isLast: isLast) else { return }
        try connection.acknowledge(tag, multiple: true, on: Self.workChannel)
    }

    func finish(_ connection: AMQPConnection) throws(AMQPError) -> Bool {
        guard phase == .atWork, !connection.isBlocked else { return sent.count == 0 }
        work.finish(JournalSession(role: self, connection: connection))
        try sendRecords(connection, all: true)
        guard outbox?.isEmpty != false, sent.count == 0 else { return false }
        try acknowledge(connection, isLast: true)
        guard token?.last != outbox?.confirmed else { return true }
        try writeToken(connection)
        return false
    }

    /// The work on a message is done.
    func complete(_ tag: UInt64) { deliveries.complete(tag) }
}
