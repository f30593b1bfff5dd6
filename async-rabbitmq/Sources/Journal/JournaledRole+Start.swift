internal import AMQPClient
internal import Glibc
internal import ServiceKit

extension JournaledRole {
    /// Has the memory follow the journal, once the lease was granted.
    ///
    /// Whoever held the lease before is gone, and all that they published is routed. A barrier that comes back through a queue or a
    /// stream has everything before it that they have written there.
    func start(_ connection: AMQPConnection) async throws(AMQPError) {
        readiness.condition = .starting
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
    func tell(_ loss: String) {
        log.error("a journal was lost, and what it told is not known", [.error: loss])
        readiness.warn(Self.warning(loss))
        token?.loss = loss
        tokenState.isDirty = true
    }

    /// Remembers which journals the other services have. One that is gone is known no more: its writer founds another one, whenever
    /// that may be.
    func learn(_ found: [String: JournalIdentity?]) {
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
    func strange(_ found: [String: JournalIdentity?]) -> String? {
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
            snapshot.read(replay.cost, afterSnapshotOf: replay.snapshotCost)
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
}
