internal import CampusModel
internal import KafkaClient
internal import ServiceKit

/// The stock and every decision about it, as a pure value: no clock, no broker, no lock.
///
/// At any time, for each item: initial stock = stock now + what the reserved orders hold. Decisions are made in batches; one
/// that was not committed is undone, and the value is as it was before it.
struct Inventory: Sendable {
    /// What is decided about an order.
    enum Verdict: Sendable, Equatable {
        case reserved
        case insufficientStock
        case unknownItem
        /// It was decided before; nothing changes and nothing is told.
        case duplicate

        /// Why it failed, as the event tells.
        var reason: String? {
            switch self {
            case .reserved, .duplicate: nil
            case .insufficientStock: "insufficient_stock"
            case .unknownItem: "unknown_item"
            }
        }
    }

    /// What `GET /stats` tells.
    struct Counts: Sendable, Equatable {
        var reserved = 0
        var failed = 0
        var duplicates = 0
        var malformed = 0
        /// The orders that have an outcome.
        var decided: Int { reserved + failed }
    }

    /// What is left of each item.
    private(set) var stock: [String: Int]
    /// What was decided, with this batch's decisions.
    private(set) var counts = Counts()
    private var decided = SegmentedSet<OrderID>()
    /// The open batch's decisions, oldest first, and the counts before it.
    private var batch: [(id: OrderID, item: String, taken: Int)] = []
    private var before: Counts?

    /// Starts with this stock and no orders.
    init(stock: [String: Int]) { self.stock = stock }

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
        for (id, item, taken) in batch {
            decided.remove(id)
            if taken > 0 { stock[item, default: 0] += taken }
        }
        counts = before
        commitBatch()
    }

    // MARK: Decisions

    /// Decides about an order, once.
    mutating func decide(_ order: Order) -> Verdict {
        guard decided.insert(order.id) else {
            counts.duplicates += 1
            return .duplicate
        }
        guard let left = stock[order.item] else { return remember(order, .unknownItem) }
        guard left >= order.quantity else { return remember(order, .insufficientStock) }
        stock[order.item] = left - order.quantity
        return remember(order, .reserved)
    }

    private mutating func remember(_ order: Order, _ verdict: Verdict) -> Verdict {
        if verdict == .reserved { counts.reserved += 1 } else { counts.failed += 1 }
        if before != nil { batch.append((order.id, order.item, verdict == .reserved ? order.quantity : 0)) }
        return verdict
    }

    /// Counts a record that could not be read.
    mutating func countMalformed() { counts.malformed += 1 }

    // MARK: The log

    /// Takes over a decision as the log has it; the first one about an order counts.
    ///
    /// Stock may fall below zero where it was configured lower than what is reserved already; nothing more is reserved then.
    mutating func restore(_ outcome: OrderEvent) {
        guard decided.insert(outcome.order.id) else { return }
        if outcome.kind == .reserved {
            counts.reserved += 1
            if let left = stock[outcome.order.item] { stock[outcome.order.item] = left - outcome.order.quantity }
        } else {
            counts.failed += 1
        }
    }
}
