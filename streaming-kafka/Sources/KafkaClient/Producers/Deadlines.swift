internal import ServiceKit

/// When records are given up, the earliest first: a binary heap.
///
/// Most deadlines come in their own order, and are then added at the end without a move. But a deadline counts from a
/// request's arrival, and requests wait differently long before they produce.
struct Deadlines {
    private var entries: [(at: EventLoop.Nanoseconds, ticket: UInt)] = []

    /// The earliest deadline; `nil` when there is none.
    var earliest: EventLoop.Nanoseconds? { entries.first?.at }

    /// Adds the deadline of a record.
    mutating func insert(_ ticket: UInt, at deadline: EventLoop.Nanoseconds) {
        entries.append((deadline, ticket))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].at < entries[parent].at else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out a record whose deadline has come; `nil` when there is none.
    mutating func popDue(_ now: EventLoop.Nanoseconds) -> UInt? {
        guard let first = entries.first, first.at <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { return first.ticket }
            if child + 1 < entries.count, entries[child + 1].at < entries[child].at { child += 1 }
            guard entries[child].at < entries[parent].at else { return first.ticket }
            entries.swapAt(child, parent)
            parent = child
        }
    }

    /// Forgets all of them.
    mutating func removeAll() { entries.removeAll(keepingCapacity: true) }
}
