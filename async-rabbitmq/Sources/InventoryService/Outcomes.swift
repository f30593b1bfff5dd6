internal import CampusModel
internal import Containers
internal import Journal
internal import OrderMessages
internal import Workflow

/// What becomes of orders: the shared inventory, and what this part needs to tell each outcome once, however often it is sent.
///
/// RabbitMQ delivers a message again if its acknowledgement was lost, and a client may publish the same order twice. So each
/// decision is remembered with the identifier of the message that asked; that of the message that tells follows from it.
struct Outcomes: Sendable {
    /// The place of each order's decision.
    private var inventory: Inventory<Int32>
    /// The decisions, oldest first.
    private var decisions = SegmentedArray<InventoryEntry>()
    /// The decisions before this place were forgotten.
    private var first = 0
    /// How many decisions are in the journal for sure: those after them may be undone.
    private var confirmedCount = 0
    /// The places of the decisions, by the messages that asked for them.
    private var seen = SegmentedDictionary<MessageID, Int32>()
    /// How many of each item were reserved by all orders so far.
    private var reserved: [String: Int] = [:]
    private let initial: [String: Int]
    private let capacity: Int

    /// Starts with this stock and no orders.
    ///
    /// - Parameter capacity: so many decisions are remembered at least; the oldest are then forgotten, and a copy of their order
    ///   counts as a new one.
    init(stock: [String: Int], capacity: Int = OrderTopology.remembered) {
        inventory = Inventory(stock: stock)
        initial = stock
        self.capacity = capacity
    }

    /// What is left of each item.
    var stock: [String: Int] { inventory.stock }

    /// How many decisions were made, forgotten ones included.
    var count: Int { decisions.count }

    /// Decides about an order, once.
    ///
    /// The same message again, or the same order with another message, takes nothing more and has the same outcome, also
    /// under the same `message_id`: so a lost outcome is repaired, and consumers drop a copy.
    ///
    /// - Returns: the message that tells the outcome, and the decision if it was made now.
    mutating func decide(_ placed: OrderMessage) -> (message: OrderMessage, decision: InventoryEntry?) {
        let asked = placed.event.order
        let id = seen[placed.id].map { decisions[Int($0)].id } ?? asked.id
        let next = Int32(truncatingIfNeeded: decisions.count)
        var new: InventoryEntry?
        let (place, isNew) = inventory.decide(id, item: asked.item, quantity: asked.quantity) { verdict in
            new = InventoryEntry(
                id: id, item: asked.item, quantity: asked.quantity, timestamp: asked.timestamp, reason: verdict.reason,
                cause: placed.id)
            return next
        }
        if isNew, let new { add(new) }
        let decision = decisions[Int(place)]
        let order = Order(id: id, item: decision.item, quantity: decision.quantity, timestamp: decision.timestamp)
        let event = OrderEvent(decision.reason == nil ? .reserved : .failed, order, reason: decision.reason)
        let message = OrderMessage(
            event, id: .uuid(decision.cause.derived("outcome")), cause: decision.cause, context: placed.context)
        return (message, new)
    }

    private mutating func add(_ decision: InventoryEntry, countsTotal: Bool = true) {
        seen[decision.cause] = Int32(truncatingIfNeeded: decisions.count)
        decisions.append(decision)
        if countsTotal, decision.reason == nil { reserved[decision.item, default: 0] += decision.quantity }
        forgetOldest()
    }

    private mutating func forgetOldest() {
        let length = SegmentedArray<InventoryEntry>.segmentLength
        guard decisions.count - first >= capacity + length else { return }
        for place in first..<first + length {
            let decision = decisions[place]
            inventory.undo(decision.id, item: decision.item, quantity: 0, now: nil)
            seen[decision.cause] = nil
        }
        decisions.free(segment: SegmentedArray<InventoryEntry>.segment(of: first))
        first += length
    }

    // MARK: The journal

    /// The oldest decision that was not in the journal for sure is in it now.
    mutating func confirmFirst() { confirmedCount += 1 }

    /// Undoes the newest decision.
    mutating func undoLast() {
        let decision = decisions.removeLast()
        let held = decision.reason == nil ? decision.quantity : 0
        inventory.undo(decision.id, item: decision.item, quantity: held, now: nil)
        seen[decision.cause] = nil
        if held > 0 { reserved[decision.item, default: 0] -= held }
    }

    /// Undoes the decisions that are not in the journal for sure.
    mutating func undoUnconfirmed() { while decisions.count > confirmedCount { undoLast() } }

    /// Takes over how many were reserved of each item, and forgets all decisions.
    mutating func restore(_ totals: ReservedTotals) {
        self = Outcomes(stock: initial, capacity: capacity)
        reserved = totals.counts
        inventory = Inventory(stock: initial.merging(totals.counts.filter { initial[$0.key] != nil }) { $0 - $1 })
    }

    /// Takes over a decision that was made before, so as the journal has it.
    ///
    /// - Parameter isOfSnapshot: whether the totals of a snapshot hold what it took.
    mutating func restore(_ decision: InventoryEntry, isOfSnapshot: Bool) {
        let order = Order(
            id: decision.id, item: decision.item, quantity: decision.quantity, timestamp: decision.timestamp)
        let place = Int32(truncatingIfNeeded: decisions.count)
        let takes = decision.reason == nil && !isOfSnapshot
        guard inventory.restore(order, place, isReserved: takes) else { return }
        add(decision, countsTotal: takes)
        confirmedCount = decisions.count
    }

    /// How many were reserved of each item by all orders so far.
    var totals: ReservedTotals { ReservedTotals(reserved) }

    /// The decisions in a range of places, forgotten ones left out.
    func decisions(from start: Int, to end: Int) -> (decisions: [InventoryEntry], next: Int) {
        let next = max(start, end)
        let start = max(start, first)
        return (start < end ? (start..<end).map { decisions[$0] } : [], next)
    }
}
