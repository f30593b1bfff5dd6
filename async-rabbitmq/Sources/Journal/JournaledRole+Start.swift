internal import AMQPClient
internal import Containers
internal import Glibc
internal import ServiceKit

extension JournaledRole {
    /// Has the memory follow the journal, once the lease was granted.
    ///
    /// Whoever held the lease before is gone, and all that they published is routed. A barrier that comes back through a queue or a
    /// stream has everything before it that they have written there.
    func start(_ connection: AMQPConnection) async throws(AMQPError) {
        readiness.condition = "starting"
        readiness.set(Self.part, missing: "the journal, which is being read")
        readiness.missingState = "\(Work.stateName), which is being rebuilt from the journal"
        // A broker that blocks the connection later answers no call.
        try connection.selectConfirms(Self.leaseChannel)
        try await readTokens(connection)
        let found = try await identities(connection)
        let loss = try await readJournal(connection)
        try await go(on: connection, found, loss)
    }

    private func go(
        on connection: AMQPConnection, _ found: [String: JournalIdentity?], _ damage: JournalDamage?
    ) async throws(AMQPError) {
        var loss = damage.map { "the journal \(names.journal) \($0)" }
        let isOwn = damage != nil
        if loss == nil { loss = strange(found) }
        if let loss, !settings.continuesAfterLoss { return refuse(loss) }
        begin(isNew: isOwn)
        // Directly behind the founding: what is still known is told anew, and a reader takes it from there.
        if isOwn { beginSnapshot() }
        if let loss { tell(loss) }
        learn(found)
        if let loss = token?.loss { readiness.warn(Self.warning(loss)) }
        if tokenState.strayCount > 0 {
            log.warning("messages in the journal are no records", [.count: "\(tokenState.strayCount)"])
        }
        setPhase(.atWork, isBlocked: connection.isBlocked)
        try work.begin(JournalSession(role: self, connection: connection))
        readiness.missingState = nil
        tellIfBlocked(connection)
        readiness.set(Self.part, missing: nil)
        checks = JournalChecks()
        checks.own = EventLoop.now() &+ JournalChecks.ownPause
        log.info("the journal was read", [.count: "\(token?.last ?? 0)"])
    }

    /// The work goes on, but nobody who looks can miss it: now, and after each start from now on.
    private func tell(_ loss: String) {
        log.error("a journal was lost, and what it told is not known", [.error: loss])
        readiness.warn(Self.warning(loss))
        token?.loss = loss
        tokenState.isDirty = true
    }

    /// Remembers which journals the other services have. One that is gone is known no more: its writer founds another one, whenever
    /// that may be.
    private func learn(_ found: [String: JournalIdentity?]) {
        for (name, identity) in found where token?.others[name] != identity {
            token?.others[name] = identity
            tokenState.isDirty = true
        }
    }

    private static func warning(_ loss: String) -> String { "\(loss); what it told is not known" }

    /// The work must not go on: a person has to say so first.
    private func refuse(_ loss: String) {
        log.error("a journal was lost, and what it told is not known: nothing is decided", [.error: loss])
        setPhase(.refusing)
        known = nil
        readiness.warn(Self.warning(loss))
        readiness.missingState = "\(Work.stateName): \(loss)"
        readiness.set(
            Self.part,
            missing:
                "\(loss), so \(Work.stateName) is not known; start the service with ALLOW_LOST_STATE=1 to go on with "
                + "what is known",
            isPermanent: true)
    }

    /// - Parameter isNew: whether the journal was lost, and another one begins.
    private func begin(isNew: Bool) {
        let identity = isNew ? .random() : known?.identity ?? token?.identity ?? .random()
        let epoch = isNew ? 1 : (known?.epoch ?? 0) + 1
        var outbox = JournalOutbox<Work.Token>(identity, epoch: epoch, after: isNew ? nil : known?.last)
        if isNew || known == nil {
            outbox.append(.founded(isAfterLoss: isNew, time: Double(Glibc.time(nil))))
            // Behind all that stands in the stream already: a record that nobody can read must not be met again.
            place = (0, isNew ? endOffset + 1 : 0)
            snapshot = SnapshotState()
        }
        self.outbox = outbox
        var next = token ?? JournalToken(identity: identity)
        if next.identity != identity { (next.identity, next.last) = (identity, nil) }
        if isNew || known == nil { next.offset = place.offset }
        token = next
        tokenState.isDirty = true
    }

    /// A journal of another service that is not the one that was known; `nil` if all are.
    private func strange(_ found: [String: JournalIdentity?]) -> String? {
        for name in names.others {
            guard let was = token?.others[name], let isNow = found[name], isNow != was else { continue }
            let damage: JournalDamage = isNow == nil ? .gone : .foreign
            return "the journal \(name) \(damage)"
        }
        return nil
    }

    private func tellIfBlocked(_ connection: AMQPConnection) {
        readiness.set("blocked", connection.isBlocked ? .blocked : .ready)
    }

    // MARK: Waiting within the turn

    /// Takes what happens until something is so.
    ///
    /// - Parameter deadline: when to stop waiting for it, if not before.
    /// - Throws: ``AMQPError/Kind/cancelled`` if the service stops meanwhile.
    private func take(
        _ connection: AMQPConnection, until deadline: EventLoop.Nanoseconds? = nil, _ isDone: () -> Bool
    ) async throws(AMQPError) {
        while !isDone() {
            guard !connection.mustStop else { throw AMQPError(.cancelled, "the service stops") }
            if let event = try connection.nextEvent() {
                try take(event, connection)
            } else if let deadline, deadline <= EventLoop.now() {
                return
            } else {
                await connection.wait(until: deadline)
            }
        }
    }

    /// Waits until the broker has confirmed all that was published, and so does not block the connection.
    private func settle(_ connection: AMQPConnection) async throws(AMQPError) {
        try await take(connection) { sent.count == 0 && !connection.isBlocked }
    }

    // MARK: The token

    /// Reads what stands in the lease's queue: publishes a barrier to it, before which all tokens come.
    private func readTokens(_ connection: AMQPConnection) async throws(AMQPError) {
        token = nil
        tokenState = TokenState()
        let barrier = "Barrier-\(UInt64.random(in: 0 ... .max))"
        try publish(Array("{}".utf8), to: names.lease, type: barrier, .other, connection)
        try await take(connection) { tokenState.barrier == barrier }
        try await settle(connection)
    }

    /// Takes a message of the lease's queue: a token, or a barrier.
    func takeToken(_ delivery: AMQPDelivery, _ connection: AMQPConnection) throws(AMQPError) {
        guard delivery.message.type == JournalToken.type, let found = JournalToken(delivery.message.body) else {
            tokenState.barrier = delivery.message.type
            return try connection.acknowledge(delivery.tag, multiple: false, on: Self.leaseChannel)
        }
        guard found.version >= token?.version ?? 0 else {
            return try connection.acknowledge(delivery.tag, multiple: false, on: Self.leaseChannel)
        }
        // The one before it is of no more use.
        if let tag = tokenState.tag { try connection.acknowledge(tag, multiple: false, on: Self.leaseChannel) }
        tokenState.tag = delivery.tag
        if tokenState.written == nil { token = found }
    }

    /// Writes the token once a second if there is something new in it.
    ///
    /// - Returns: when the next one is due; `nil` if nothing is new.
    func updateToken(_ connection: AMQPConnection) throws(AMQPError) -> EventLoop.Nanoseconds? {
        if let offset = snapshot.takeOffset() {
            token?.offset = offset
            tokenState.isDirty = true
        }
        guard let confirmed = outbox?.confirmed, tokenState.isDirty || token?.last != confirmed else { return nil }
        let now = EventLoop.now()
        let due = tokenState.isDirty ? 0 : (tokenState.written ?? 0) &+ 1_000_000_000
        guard due <= now else { return due }
        try writeToken(connection)
        return nil
    }

    func writeToken(_ connection: AMQPConnection) throws(AMQPError) {
        guard var next = token else { return }
        next.version += 1
        next.last = outbox?.confirmed
        token = next
        (tokenState.isDirty, tokenState.written) = (false, EventLoop.now())
        try publish(next.body, to: names.lease, type: JournalToken.type, .other, connection)
    }

    // MARK: Reading streams

    /// - Returns: what is wrong with the journal; `nil` if the memory follows it.
    private func readJournal(_ connection: AMQPConnection) async throws(AMQPError) -> JournalDamage? {
        work.forgetUnconfirmed()
        if let known, let token, known.identity != token.identity { self.known = nil }
        var replay: JournalReplay
        if let known {
            replay = JournalReplay(known.identity, after: known.last, epoch: known.epoch)
        } else {
            work.forget()
            replay = JournalReplay(token?.identity)
        }
        let start = known?.offset ?? token?.offset ?? 0
        var damage = try await follow(&replay, connection, from: start)
        if known != nil, case .gap = damage {
            // What follows was dropped since, and a snapshot stands for it.
            known = nil
            work.forget()
            replay = JournalReplay(token?.identity)
            damage = try await follow(&replay, connection, from: token?.offset ?? 0)
        }
        if damage == nil, let identity = replay.identity, let last = replay.last {
            let offset = replay.offset ?? known?.offset ?? 0
            // Counted on, for a service that is stopped often would never write a snapshot, until the stream drops its beginning.
            if known == nil { snapshot = SnapshotState() }
            snapshot.read(replay.length, afterSnapshotOf: replay.snapshotLength)
            known = Known(identity: identity, last: last, epoch: replay.epoch, offset: offset)
            place = (last, offset)
            if let snapshotOffset = replay.snapshotOffset { token?.offset = snapshotOffset }
            if replay.isAfterLoss, token == nil {
                readiness.warn("a former journal was lost; what it told is not known")
            }
        } else {
            known = nil
        }
        tokenState.strayCount = replay.strayCount
        return damage
    }

    private func follow(
        _ replay: inout JournalReplay, _ connection: AMQPConnection, from offset: Int64
    ) async throws(AMQPError) -> JournalDamage? {
        let end = try await endOfJournal(connection)
        endOffset = end
        // A stream that was made anew may end before that. Then the broker would give nothing until it is as long again.
        let start: AMQPMessage.Value = offset > 0 && offset <= end ? .integer(offset) : .text("first")
        var damage: JournalDamage?
        try await readStream(names.journal, connection, from: start) { delivery in
            let offset = delivery.message.integer("x-stream-offset")
            if damage == nil {
                do throws(JournalDamage) {
                    try replay.take(delivery.message.body, at: offset, into: work)
                } catch {
                    damage = error
                }
            }
            return offset ?? 0 >= end
        }
        let expected = [known?.last, known == nil ? token?.last : nil].compactMap { $0 }.max()
        do throws(JournalDamage) {
            if damage == nil { try replay.check(expecting: expected) }
        } catch {
            damage = error
        }
        return damage
    }

    /// Publishes a barrier to the journal.
    ///
    /// - Returns: where it stands in the stream: everything that was written before stands before it.
    private func endOfJournal(_ connection: AMQPConnection) async throws(AMQPError) -> Int64 {
        try openReader(names.journal, connection, from: .text("next"), prefetch: 10)
        let barrier = JournalRecord(.random(), epoch: 0, number: .random(in: 0 ... .max), .barrier)
        try send(barrier, connection)
        let body = barrier.body
        var end: Int64?
        while end == nil {
            try await take(connection) { !read.isEmpty }
            while let delivery = read.popFirst() {
                if delivery.message.body == body { end = delivery.message.integer("x-stream-offset") ?? 0 }
                try connection.acknowledge(delivery.tag, multiple: true, on: Self.readChannel)
            }
        }
        try await closeReader(connection)
        return end ?? 0
    }

    /// Reads a stream until `each` has found what it looked for.
    private func readStream(
        _ stream: String, _ connection: AMQPConnection, from offset: AMQPMessage.Value,
        _ each: (AMQPDelivery) -> Bool
    ) async throws(AMQPError) {
        let prefetch: UInt16 = 200
        try openReader(stream, connection, from: offset, prefetch: prefetch)
        var unacknowledged = 0
        var isFound = false
        while !isFound {
            try await take(connection) { !read.isEmpty }
            while !isFound, let delivery = read.popFirst() {
                isFound = each(delivery)
                unacknowledged += 1
                if unacknowledged == Int(prefetch) / 4 {
                    try connection.acknowledge(delivery.tag, multiple: true, on: Self.readChannel)
                    unacknowledged = 0
                }
            }
        }
        try await closeReader(connection)
    }

    private func openReader(
        _ stream: String, _ connection: AMQPConnection, from offset: AMQPMessage.Value, prefetch: UInt16
    ) throws(AMQPError) {
        read.removeAll()
        try connection.openChannel(Self.readChannel)
        try connection.consume(
            stream, on: Self.readChannel, prefetch: prefetch, tag: "reader",
            arguments: [.init("x-stream-offset", offset)])
    }

    private func closeReader(_ connection: AMQPConnection) async throws(AMQPError) {
        try await take(connection) { !connection.isBlocked }
        // A channel that is just closed leaves its consumer in the broker's statistics.
        try connection.cancel("reader", on: Self.readChannel)
        try connection.closeChannel(Self.readChannel)
        // What was on its way must not be taken for what the next reader of the channel gets.
        while let event = try connection.nextEvent() { try take(event, connection) }
        read.removeAll()
    }

    /// Which journals stand in the streams of the other services; `nil` if a stream is empty.
    private func identities(_ connection: AMQPConnection) async throws(AMQPError) -> [String: JournalIdentity?] {
        var found: [String: JournalIdentity?] = [:]
        for name in names.others { found[name] = .some(try await identity(of: name, connection, patience: 0)) }
        return found
    }

    /// The journal whose records stand first in a stream; `nil` if there are none.
    ///
    /// An empty stream gives nothing to wait for, and how many messages the broker counts in a stream is told late. So a barrier
    /// is published to it: what is not there before the barrier is not there.
    ///
    /// - Parameter patience: so many nanoseconds are waited for a record without a barrier, which is rarely needed then.
    private func identity(
        of stream: String, _ connection: AMQPConnection, patience: EventLoop.Nanoseconds
    ) async throws(AMQPError) -> JournalIdentity? {
        try openReader(stream, connection, from: .text("first"), prefetch: 10)
        let barrier = JournalRecord(.random(), epoch: 0, number: .random(in: 0 ... .max), .barrier).body
        var barrierAt: EventLoop.Nanoseconds? = EventLoop.now() &+ patience
        var identity: JournalIdentity?
        var isFound = false
        while !isFound {
            if let due = barrierAt, due <= EventLoop.now() {
                barrierAt = nil
                try publish(barrier, to: stream, type: "Journal", .other, connection)
            }
            try await take(connection, until: barrierAt) { !read.isEmpty }
            while !isFound, let delivery = read.popFirst() {
                try connection.acknowledge(delivery.tag, multiple: true, on: Self.readChannel)
                if let record = try? JournalRecord.read(delivery.message.body), record.content != .barrier {
                    identity = record.identity
                }
                isFound = identity != nil || delivery.message.body == barrier
            }
        }
        try await closeReader(connection)
        return identity
    }

    /// Looks every few seconds whether the journals are still the ones that they were: those of the others less often, until they
    /// are known.
    ///
    /// - Throws: ``AMQPError`` if one is not: a new start finds out more, and what follows from it.
    func checkJournals(_ connection: AMQPConnection) async throws(AMQPError) {
        let now = EventLoop.now()
        guard checks.next <= now, !connection.mustStop else { return }
        if checks.others <= now { try await checkOthers(connection) }
        guard checks.own <= now else { return }
        checks.own = now &+ JournalChecks.ownPause
        guard let outbox, let confirmed = outbox.confirmed else { return }
        guard try await hasRecord(confirmed, of: outbox.identity, connection) else {
            throw AMQPError(.connectionLost, "the journal \(names.journal) is not the one that it was")
        }
    }

    /// Whether the journal still holds a record that was confirmed.
    ///
    /// As a rule nothing is published for that: a broker that is short of memory blocks whoever publishes.
    private func hasRecord(
        _ number: UInt64, of identity: JournalIdentity, _ connection: AMQPConnection
    ) async throws(AMQPError) -> Bool {
        let place = offset(of: number)
        try openReader(
            names.journal, connection, from: place > 0 ? .integer(place) : .text("first"), prefetch: 200)
        var isFound = false
        try await take(connection, until: EventLoop.now() &+ JournalChecks.patience) {
            while !isFound, let delivery = read.popFirst() {
                isFound = (try? JournalRecord.read(delivery.message.body))?.identity == identity
            }
            return isFound
        }
        try await closeReader(connection)
        if isFound { return true }
        // Only this service writes to it: a stream that ends before that is another one.
        return try await endOfJournal(connection) > place
    }

    private func checkOthers(_ connection: AMQPConnection) async throws(AMQPError) {
        var found: [String: JournalIdentity?] = [:]
        for name in names.others {
            let isKnown = token?.others[name] != nil
            let isNow = try await identity(of: name, connection, patience: isKnown ? JournalChecks.patience : 0)
            found[name] = .some(isNow)
        }
        if let loss = strange(found) {
            // A new start finds the same, and refuses to work.
            guard settings.continuesAfterLoss else { throw AMQPError(.connectionLost, loss) }
            tell(loss)
        }
        learn(found)
        checks.searched(isComplete: names.others.allSatisfy { token?.others[$0] != nil })
    }
}

/// When the journals are looked at again. All times are in nanoseconds.
struct JournalChecks {
    var own: EventLoop.Nanoseconds = 0
    private(set) var others: EventLoop.Nanoseconds = 0
    private var searchPause: EventLoop.Nanoseconds = 100_000_000

    /// When there is something to be done.
    var next: EventLoop.Nanoseconds { min(own, others) }

    /// The journals of the others were looked at.
    ///
    /// - Parameter isComplete: whether all of them are known. One that was not founded yet is looked for again soon, at first.
    mutating func searched(isComplete: Bool) {
        others = EventLoop.now() &+ (isComplete ? JournalChecks.othersPause : searchPause)
        searchPause = min(2 * searchPause, 1_000_000_000)
    }

    static let ownPause: EventLoop.Nanoseconds = 5_000_000_000
    static let othersPause: EventLoop.Nanoseconds = 30_000_000_000
    /// A record that is there is delivered sooner than this.
    static let patience: EventLoop.Nanoseconds = 1_000_000_000
}

/// What the holder of a lease knows of the token in its queue.
struct TokenState {
    /// The delivery that is kept unacknowledged, so that the token goes back to the queue when the connection is gone.
    var tag: UInt64?
    /// The last barrier that came.
    var barrier: String?
    /// When the token was written last on this connection.
    var written: EventLoop.Nanoseconds?
    /// Whether it must be written soon.
    var isDirty = false
    /// How many messages in the journal were no records.
    var strayCount = 0
}
