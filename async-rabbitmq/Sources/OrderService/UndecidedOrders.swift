internal import CampusModel
internal import Containers
internal import ServiceKit
internal import Synchronization

/// The orders that wait for their outcome, oldest first.
final class UndecidedOrders: Sendable {
    private struct State {
        /// Orders that were sent once.
        var entries = Deque<(id: OrderID, since: EventLoop.Nanoseconds)>()
        /// Orders that were sent again, when they are due once more, and how long they had until then.
        var again: [OrderID: (due: EventLoop.Nanoseconds, patience: EventLoop.Nanoseconds)] = [:]
    }
    private let state = Mutex(State())
    /// How long an outcome may take before it is looked for, in nanoseconds; twice as long after each time that the order
    /// was sent again, since an inventory that is slow gets no faster by that.
    static let patience: EventLoop.Nanoseconds = 10_000_000_000
    /// An order is never waited for longer than this.
    static let mostPatience: EventLoop.Nanoseconds = 600_000_000_000
    /// So many at most are sent at once.
    private static let most = 1000

    /// An order was placed.
    func add(_ id: OrderID, at now: EventLoop.Nanoseconds = EventLoop.now()) {
        state.withLock { $0.entries.append((id, now)) }
    }

    /// The orders that have waited for too long and are now sent again.
    ///
    /// - Parameter isUndecided: whether an order still waits; those that do not are forgotten.
    func overdue(at now: EventLoop.Nanoseconds, _ isUndecided: (OrderID) -> Bool) -> [OrderID] {
        state.withLock { state in
            var overdue: [OrderID] = []
            state.again = state.again.filter { isUndecided($0.key) }
            for (id, wait) in state.again where wait.due <= now && overdue.count < UndecidedOrders.most {
                overdue.append(id)
                state.again[id] = UndecidedOrders.next(after: wait.patience, now)
            }
            while let (id, since) = state.entries.first {
                if isUndecided(id) {
                    guard since &+ UndecidedOrders.patience <= now, overdue.count < UndecidedOrders.most else { break }
                    overdue.append(id)
                    state.again[id] = UndecidedOrders.next(after: UndecidedOrders.patience, now)
                }
                state.entries.popFirst()
            }
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
