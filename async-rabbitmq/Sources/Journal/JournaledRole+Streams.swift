internal import AMQPClient
internal import Containers
internal import ServiceKit

extension JournaledRole {
    /// Takes what happens until something is so.
    ///
    /// - Parameter deadline: when to stop waiting for it, if not before.
    /// - Throws: ``AMQPError/Kind/cancelled`` if the service stops before it is at work.
    func take(
        _ connection: AMQPConnection, until deadline: EventLoop.Nanoseconds? = nil, _ isDone: () -> Bool
    ) async throws(AMQPError) {
        while !isDone() {
            guard phase == .atWork || !connection.mustStop else { throw AMQPError(.cancelled, "the service stops") }
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
    func settle(_ connection: AMQPConnection) async throws(AMQPError) {
        try await take(connection) { sent.count == 0 && !connection.isBlocked }
    }

    /// Publishes a barrier to the journal.
    ///
    /// - Returns: where it stands in the stream: everything that was written before stands before it.
    func endOfJournal(_ connection: AMQPConnection) async throws(AMQPError) -> Int64 {
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
    func readStream(
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

    func openReader(
        _ stream: String, _ connection: AMQPConnection, from offset: AMQPMessage.Value, prefetch: UInt16
    ) throws(AMQPError) {
        read.removeAll()
        try connection.openChannel(Self.readChannel)
        try connection.consume(
            stream, on: Self.readChannel, prefetch: prefetch, tag: "reader",
            arguments: [.init("x-stream-offset", offset)])
    }

    func closeReader(_ connection: AMQPConnection) async throws(AMQPError) {
        try await take(connection) { !connection.isBlocked }
        // A channel that is just closed leaves its consumer in the broker's statistics.
        try connection.cancel("reader", on: Self.readChannel)
        try connection.closeChannel(Self.readChannel)
        // What was on its way must not be taken for what the next reader of the channel gets.
        while let event = try connection.nextEvent() { try take(event, connection) }
        read.removeAll()
    }

    /// Which journals stand in the streams of the other services; `nil` if a stream is empty.
    func identities(_ connection: AMQPConnection) async throws(AMQPError) -> [String: JournalIdentity?] {
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
    func identity(
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
                try publishRecord(barrier, to: stream, .other, connection)
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
}
