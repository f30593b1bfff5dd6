internal import CampusModel
internal import Workflow

/// The shared inventory, and what this part needs beside it: decisions are made in batches.
///
/// A batch is one transaction. If the broker does not commit it, the batch is undone, and the value is as it was before it. So what
/// this process believes never differs from what the log says.
struct BatchedInventory: Sendable {
    /// What is decided about an order.
    enum Verdict: Sendable, Equatable {
        case decided(InventoryVerdict)
        /// It was decided before; nothing changes and nothing is told.
        case duplicate
    }

    /// A copy of an order is dropped: nothing more needs to be remembered of a decision than that there is one.
    struct Nothing: Sendable {}

    /// What `GET /stats` tells.
    struct Counts: Sendable, Equatable {
        var reserved = 0
        var failed = 0
        var duplicates = 0
        var malformed = 0
        /// The orders that have an outcome.
        var decided: Int { reserved + failed }
    }

    /// What was decided, with this batch's decisions.
    private(set) var counts = Counts()
    private var inventory: Inventory<Nothing>
    /// The open batch's decisions, oldest first, and the counts before it.
    private var batch: [(id: OrderID, item: String, held: Int)] = []
    private var before: Counts?

    /// Starts with this stock and no orders.
    init(stock: [String: Int]) { inventory = Inventory(stock: stock) }

    /// What is left of each item.
    var stock: [String: Int] { inventory.stock }

    // MARK: Batches

    /// From now on decisions may be undone.
    mutating func beginBatch() {
        batch.removeAll(keepingCapacity: true)
        before = counts
    }

    /// What was decided stands.
    mutating func commitBatch() {
        batch.removeAll(keepingCapacity: true)
        before = nil
    }

    /// Nothing of the open batch was decided; harmless where none is open.
    mutating func undoBatch() {
        guard let before else { return }
        for (id, item, held) in batch { inventory.undo(id, item: item, quantity: held, now: nil) }
        counts = before
        commitBatch()
    }

    // MARK: Decisions

    /// Decides about an order, once.
    mutating func decide(_ order: Order) -> Verdict {
        var decided = InventoryVerdict.unknownItem
        let (_, isNew) = inventory.decide(order.id, item: order.item, quantity: order.quantity) { verdict in
            decided = verdict
            return Nothing()
        }
        guard isNew else {
            counts.duplicates += 1
            return .duplicate
        }
        if decided.isReserved { counts.reserved += 1 } else { counts.failed += 1 }
        if before != nil { batch.append((order.id, order.item, decided.isReserved ? order.quantity : 0)) }
        return .decided(decided)
    }

    /// Counts a record that could not be read.
    mutating func countMalformed() { counts.malformed += 1 }

    // MARK: The log

    /// Takes over a decision as the log has it; the first one about an order counts.
    mutating func restore(_ outcome: OrderEvent) {
        let isReserved = outcome.kind == .reserved
        guard inventory.restore(outcome.order, Nothing(), isReserved: isReserved) else { return }
        if isReserved { counts.reserved += 1 } else { counts.failed += 1 }
    }
}
