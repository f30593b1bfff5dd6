internal import CampusModel
internal import ServiceKit
internal import Synchronization

/// The orders that wait for their outcome, oldest first.
final class UnsettledOrders: Sendable {
    private struct State {
        var entries: [(id: OrderID, since: EventLoop.Nanoseconds)] = []
    }
    private let state = Mutex(State())
    /// How long an outcome may take before it is looked for, in nanoseconds.
    static let patience: EventLoop.Nanoseconds = 10_000_000_000
    /// So many at most are sent at once.
    private static let most = 1000

    /// An order was placed, or sent once more.
    func add(_ id: OrderID, at now: EventLoop.Nanoseconds = EventLoop.now()) {
        state.withLock { $0.entries.append((id, now)) }
    }

    /// Takes out the orders that have waited for too long.
    ///
    /// - Parameter isOpen: whether an order still waits; those that do not are forgotten.
    func overdue(at now: EventLoop.Nanoseconds, _ isOpen: (OrderID) -> Bool) -> [OrderID] {
        state.withLock { state in
            var taken = 0
            var overdue: [OrderID] = []
            for (id, since) in state.entries {
                if isOpen(id) {
                    guard since &+ UnsettledOrders.patience <= now, overdue.count < UnsettledOrders.most else { break }
                    overdue.append(id)
                }
                taken += 1
            }
            state.entries.removeFirst(taken)
            return overdue
        }
    }
}
