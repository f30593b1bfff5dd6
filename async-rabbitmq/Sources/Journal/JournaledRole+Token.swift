internal import AMQPClient
internal import ServiceKit

extension JournaledRole {
    /// Reads what stands in the lease's queue: publishes a barrier to it, before which all tokens come.
    func readTokens(_ connection: AMQPConnection) async throws(AMQPError) {
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
