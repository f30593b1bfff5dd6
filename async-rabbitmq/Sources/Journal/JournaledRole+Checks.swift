internal import AMQPClient
internal import Containers
internal import ServiceKit

extension JournaledRole {
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
        let isComplete = names.others.allSatisfy { token?.others[$0] != nil }
        if checks.searched(isComplete: isComplete) { log.info("the journals of the other services are known") }
    }
}

/// When the journals are looked at again. All times are in nanoseconds.
struct JournalChecks {
    var own: EventLoop.Nanoseconds = 0
    private(set) var others: EventLoop.Nanoseconds = 0
    private var searchPause: EventLoop.Nanoseconds = 100_000_000
    private var isComplete = false

    /// When there is something to be done.
    var next: EventLoop.Nanoseconds { min(own, others) }

    /// The journals of the others were looked at.
    ///
    /// - Parameter isComplete: whether all of them are known. One that was not founded yet is looked for again soon, at first.
    /// - Returns: whether all are known for the first time.
    mutating func searched(isComplete: Bool) -> Bool {
        others = EventLoop.now() &+ (isComplete ? JournalChecks.othersPause : searchPause)
        searchPause = min(2 * searchPause, 1_000_000_000)
        defer { self.isComplete = isComplete }
        return isComplete && !self.isComplete
    }

    static let ownPause: EventLoop.Nanoseconds = 5_000_000_000
    static let othersPause: EventLoop.Nanoseconds = 30_000_000_000
    /// A record that is there is delivered sooner than this.
    static let patience: EventLoop.Nanoseconds = 1_000_000_000
}
