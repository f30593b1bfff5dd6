internal import CampusModel
internal import Containers
internal import OrderMessages
internal import Tracing
internal import Workflow

/// What becomes of orders: the shared inventory, and what this part needs to tell each outcome once, however often it is sent.
///
/// RabbitMQ delivers a message again if its acknowledgement was lost, and a client may publish the same order twice. So each
/// decision is remembered with the identifiers of the message that asked and of the message that told.
struct Outcomes: Sendable {
    private struct Decision: Sendable {
        let item: String
        let quantity: Int
        let timestamp: Double
        /// Why it failed; `nil` if it is reserved.
        let reason: String?
        /// The first message that the order came with.
        let cause: MessageID
        /// The identifier of the message that tells the outcome, each time it is told.
        let outcomeID: OrderID
    }

    private var inventory: Inventory<Decision>
    private var seen = SegmentedDictionary<MessageID, OrderID>()

    /// Starts with this stock and no orders.
    init(stock: [String: Int]) { inventory = Inventory(stock: stock) }

    /// What is left of each item.
    var stock: [String: Int] { inventory.stock }

    /// Decides about an order, once.
    ///
    /// The same message again, or the same order with another message, takes nothing more and has the same outcome, also
    /// under the same `message_id`: so a lost outcome is repaired, and consumers drop a copy.
    ///
    /// - Returns: the message that tells the outcome.
    mutating func decide(_ placed: OrderMessage) -> OrderMessage {
        let id = seen[placed.id] ?? placed.event.order.id
        let asked = placed.event.order
        let (decision, isNew) = inventory.decide(id, item: asked.item, quantity: asked.quantity) { verdict in
            Decision(
                item: asked.item, quantity: asked.quantity, timestamp: asked.timestamp, reason: verdict.reason,
                cause: placed.id, outcomeID: placed.id.derived("outcome"))
        }
        if isNew { seen[placed.id] = id }
        let order = Order(id: id, item: decision.item, quantity: decision.quantity, timestamp: decision.timestamp)
        return OrderMessage(
            OrderEvent(decision.reason == nil ? .reserved : .failed, order, reason: decision.reason),
            id: .uuid(decision.outcomeID), cause: decision.cause, context: placed.context)
    }

    /// Whether ``decide(_:)`` would tell again what was decided before.
    func hasDecided(_ placed: OrderMessage) -> Bool {
        inventory.decision(about: seen[placed.id] ?? placed.event.order.id) != nil
    }

    /// Takes over a decision that was told before, so as the log has it; the first one about an order counts.
    ///
    /// Outcomes that are not of an InventoryService's making, which name no cause, took no stock then and take none now.
    mutating func restore(_ outcome: OrderMessage) {
        let order = outcome.event.order
        guard let cause = outcome.cause, case .uuid(let outcomeID) = outcome.id else { return }
        let isReserved = outcome.event.kind == .reserved
        let decision = Decision(
            item: order.item, quantity: order.quantity, timestamp: order.timestamp,
            reason: isReserved ? nil : outcome.event.reason ?? "insufficient_stock", cause: cause,
            outcomeID: outcomeID)
        if inventory.restore(order, decision, isReserved: isReserved) { seen[cause] = order.id }
    }
}
