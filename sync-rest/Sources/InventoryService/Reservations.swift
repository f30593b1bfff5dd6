internal import CampusModel
internal import Workflow

/// Reservations as callers make and release them: the shared inventory, and what this part's calls need beside it.
///
/// A caller whose call timed out asks again, or releases what it cannot know to be held. So both must be idempotent, and an order
/// that was released must never be reserved by a call that arrives late.
struct Reservations: Sendable {
    /// What `/reserve` comes to.
    enum Answer: Sendable, Equatable {
        case decided(InventoryVerdict)
        /// The order was released before, so it must not hold anything any more.
        case released
        /// The order was here before with another item or quantity.
        case mismatch
    }

    enum Record: Sendable {
        case decided(item: String, quantity: Int, InventoryVerdict)
        case released
    }

    private var inventory: Inventory<Record>

    /// Starts with this stock and no orders.
    init(stock: [String: Int]) { inventory = Inventory(stock: stock) }

    /// What is left of each item.
    var stock: [String: Int] { inventory.stock }

    /// Decides about an order, once: asked again, it gives the same answer and takes nothing more.
    mutating func reserve(_ id: OrderID, item: String, quantity: Int) -> Answer {
        let (record, _) = inventory.decide(id, item: item, quantity: quantity) {
            .decided(item: item, quantity: quantity, $0)
        }
        switch record {
        case .released: return .released
        case .decided(item, quantity, let verdict): return .decided(verdict)
        case .decided: return .mismatch
        }
    }

    /// Gives back what an order holds, once, and refuses it from now on, also where it was not seen yet.
    ///
    /// - Returns: how many went back, 0 where it held nothing.
    mutating func release(_ id: OrderID) -> Int {
        var (item, held) = ("", 0)
        if case .decided(let reserved, let quantity, let verdict) = inventory.decision(about: id), verdict.isReserved {
            (item, held) = (reserved, quantity)
        }
        inventory.undo(id, item: item, quantity: held, now: .released)
        return held
    }
}
