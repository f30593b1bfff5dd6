public import Containers

/// Replies that somebody waits for, each no longer than until its deadline.
///
/// `Context` is what the owner wants to know of a reply that did not come. A value that belongs to one thread. It is inlinable so
/// that it is compiled for the types of the modules that use it.
public struct PendingReplies<Reply: Sendable, Context: Sendable> {
    /// Names a reply that is waited for; none is used twice.
    public typealias Ticket = UInt

    @usableFromInline struct Entry {
        @usableFromInline let continuation: UnsafeContinuation<Reply, Never>
        @usableFromInline let context: Context

        @inlinable init(_ continuation: UnsafeContinuation<Reply, Never>, _ context: Context) {
            self.continuation = continuation
            self.context = context
        }
    }

    @usableFromInline var entries: [Ticket: Entry] = [:]
    /// Those that had their reply may still stand there, but not many: see ``forgetAnswered()``.
    @usableFromInline var deadlines = DeadlineHeap<Ticket>()
    @usableFromInline var next: Ticket = 1

    /// Nobody waits yet.
    @inlinable
    public init() {}

    /// How many replies are waited for.
    @inlinable
    public var count: Int { entries.count }

    /// A time that is not later than the earliest deadline; `nil` if there is none. It may be the deadline of a reply that has come.
    @inlinable
    public var earliest: EventLoop.Nanoseconds? { deadlines.earliest }

    /// A ticket for what is about to be sent.
    @inlinable
    public mutating func makeTicket() -> Ticket {
        defer { next += 1 }
        return next
    }

    /// Notes who waits for a reply.
    @inlinable
    public mutating func add(
        _ ticket: Ticket, _ continuation: UnsafeContinuation<Reply, Never>, _ context: Context,
        until deadline: EventLoop.Nanoseconds
    ) {
        entries[ticket] = Entry(continuation, context)
        deadlines.insert(ticket, at: deadline)
    }

    /// Whether a reply is still waited for.
    @inlinable
    public func isWaiting(_ ticket: Ticket) -> Bool { entries[ticket] != nil }

    /// Gives a reply to who waits for it; harmless if nobody does any more.
    @inlinable
    public mutating func reply(_ ticket: Ticket, _ reply: Reply) {
        entries.removeValue(forKey: ticket)?.continuation.resume(returning: reply)
        forgetAnswered()
    }

    /// Forgets the deadlines of those that had their reply, once these are most of all.
    ///
    /// Otherwise thousands of orders a second would each leave a deadline for five seconds, and have the loop wake up for it.
    @inlinable mutating func forgetAnswered() {
        if entries.isEmpty {
            deadlines.removeAll()
        } else if deadlines.count > 2 * entries.count + 64 {
            deadlines.removeAll { entries[$0] == nil }
        }
    }

    /// Gives the same reply to all whose deadline has come.
    ///
    /// - Returns: what was noted of them.
    @inlinable
    @discardableResult
    public mutating func replyToOverdue(_ now: EventLoop.Nanoseconds, _ reply: Reply) -> [Context] {
        var overdue: [Context] = []
        while let ticket = deadlines.popDue(now) {
            guard let entry = entries.removeValue(forKey: ticket) else { continue }
            overdue.append(entry.context)
            entry.continuation.resume(returning: reply)
        }
        return overdue
    }

    /// Gives the same reply to all.
    @inlinable
    public mutating func replyToAll(_ reply: Reply) {
        for entry in entries.values { entry.continuation.resume(returning: reply) }
        entries = [:]
        deadlines.removeAll()
    }
}
