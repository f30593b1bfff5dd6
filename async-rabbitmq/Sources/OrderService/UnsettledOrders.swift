internal import CampusModel
internal import ServiceKit
internal import Synchronization

/// The orders that wait for their outcome, oldest first.
final class UnsettledOrders: Sendable {
    private struct State {
        /// Orders that were sent once.
        var entries: [(id: OrderID, since: EventLoop.Nanoseconds)] = []
        /// Orders that were sent again, when they are due once more, and how long they had until then.
        var again: [OrderID: (due: EventLoop.Nanoseconds, patience: EventLoop.Nanoseconds)] = [:]
    }
    private let state = Mutex(State())
    /// How long an outcome may take before it is looked for, in nanoseconds; twice as long after each time that the order
    /// was sent again, since an inventory that is slow gets no faster by that.
    static let patience: EventLoop.Nanoseconds = 10_000_000_000
    /// Longer than this it is never waited.
    static let mostPatience: EventLoop.Nanoseconds = 600_000_000_000
    /// So many at most are sent at once.
    private static let most = 1000

    /// An order was placed.
    func add(_ id: OrderID, at now: EventLoop.Nanoseconds = EventLoop.now()) {
        state.withLock { $0.entries.append((id, now)) }
    }

    /// The orders that have waited for too long and are now sent again.
    ///
    /// - Parameter isOpen: whether an order still waits; those that do not are forgotten.
    func overdue(at now: EventLoop.Nanoseconds, _ isOpen: (OrderID) -> Bool) -> [OrderID] {
        state.withLock { state in
            var overdue: [OrderID] = []
            state.again = state.again.filter { isOpen($0.key) }
            for (id, wait) in state.again where wait.due <= now && overdue.count < UnsettledOrders.most {
                overdue.append(id)
                state.again[id] = UnsettledOrders.next(after: wait.patience, now)
            }
            var taken = 0
            for (id, since) in state.entries {
                if isOpen(id) {
                    guard since &+ UnsettledOrders.patience <= now, overdue.count < UnsettledOrders.most else { break }
                    overdue.append(id)
                    state.again[id] = UnsettledOrders.next(after: UnsettledOrders.patience, now)
                }
                taken += 1
            }
            state.entries.removeFirst(taken)
            return overdue
        }
    }

    private static func next(
        after patience: EventLoop.Nanoseconds, _ now: EventLoop.Nanoseconds
    ) -> (due: EventLoop.Nanoseconds, patience: EventLoop.Nanoseconds) {
        let longer = min(patience * 2, mostPatience)
        return (now &+ longer, longer)
    }
}
