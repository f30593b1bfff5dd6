/// The sleeping tasks of a loop, the earliest first: a binary heap.
struct TimerHeap {
    typealias Sleeper = UnsafeContinuation<Void, Never>
    private var entries: [(deadline: EventLoop.Nanoseconds, sleeper: Sleeper)] = []

    /// When the next one is to wake.
    var earliest: EventLoop.Nanoseconds? { entries.first?.deadline }

    mutating func insert(_ deadline: EventLoop.Nanoseconds, _ sleeper: Sleeper) {
        entries.append((deadline, sleeper))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].deadline < entries[parent].deadline else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out those whose time has come, in order.
    mutating func due(_ now: EventLoop.Nanoseconds) -> [Sleeper] {
        var due: [Sleeper] = []
        while let first = entries.first, first.deadline <= now {
            due.append(first.sleeper)
            removeFirst()
        }
        return due
    }

    private mutating func removeFirst() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].deadline < entries[least].deadline { least = child }
            }
            guard least != parent else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
