internal import AMQPClient
internal import CampusModel
internal import ServiceKit

/// The stock and every decision about it, as a pure value: no clock, no broker, no lock.
///
/// At any time, for each item: initial stock = stock now + what the reserved orders hold.
struct Inventory: Sendable {
    private struct Decision: Sendable {
        let item: String
        let quantity: Int
        let timestamp: Double
        let outcome: Outcome
        /// The first message that the order came with.
        let cause: MessageID
        /// The identifier of the message that tells the outcome, each time it is told.
        let outcomeID: OrderID
    }

    private enum Outcome: Sendable {
        case reserved
        case insufficientStock
        case unknownItem
        /// What an earlier version wrote as the reason.
        case other(String)

        var reason: String? {
            switch self {
            case .reserved: nil
            case .insufficientStock: "insufficient_stock"
            case .unknownItem: "unknown_item"
            case .other(let reason): reason
            }
        }

        init(reason: String?) {
            switch reason {
            case "insufficient_stock", nil: self = .insufficientStock
            case "unknown_item": self = .unknownItem
            case let reason?: self = .other(reason)
            }
        }
    }

    /// What is left of each item.
    private(set) var stock: [String: Int]
    private var decisions = SegmentedDictionary<OrderID, Decision>()
    private var seen = SegmentedDictionary<MessageID, OrderID>()

    /// Starts with this stock and no orders.
    init(stock: [String: Int]) { self.stock = stock }

    /// Decides about an order, once.
    ///
    /// The same message again, or the same order with another message, takes nothing more and has the same outcome, also
    /// under the same `message_id`: so a lost outcome is repaired, and consumers drop a copy.
    ///
    /// - Returns: the event that tells the outcome.
    mutating func decide(_ placed: OrderEvent) -> OrderEvent {
        let id = seen[placed.messageID] ?? placed.order.id
        let decision = decisions[id] ?? take(placed)
        return OrderEvent(
            decision.outcome.reason == nil ? .reserved : .failed,
            Order(id: id, item: decision.item, quantity: decision.quantity, timestamp: decision.timestamp),
            messageID: .uuid(decision.outcomeID), reason: decision.outcome.reason, requestID: placed.requestID,
            idempotencyKey: placed.idempotencyKey, cause: decision.cause)
    }

    /// Whether ``decide(_:)`` would tell again what was decided before.
    func hasDecided(_ placed: OrderEvent) -> Bool { decisions[seen[placed.messageID] ?? placed.order.id] != nil }

    private mutating func take(_ placed: OrderEvent) -> Decision {
        let order = placed.order
        let outcome: Outcome
        if let left = stock[order.item] {
            outcome = left >= order.quantity ? .reserved : .insufficientStock
            if case .reserved = outcome { stock[order.item] = left - order.quantity }
        } else {
            outcome = .unknownItem
        }
        let decision = Decision(
            item: order.item, quantity: order.quantity, timestamp: order.timestamp, outcome: outcome,
            cause: placed.messageID, outcomeID: placed.messageID.derived("outcome"))
        remember(decision, of: order.id)
        return decision
    }

    private mutating func remember(_ decision: Decision, of id: OrderID) {
        decisions[id] = decision
        seen[decision.cause] = id
    }

    /// Takes over a decision that was told before, so as the log has it; the first one about an order counts.
    ///
    /// Outcomes that are not of an InventoryService's making, which name no cause, took no stock then and take none now.
    mutating func restore(_ outcome: OrderEvent) {
        let order = outcome.order
        guard let cause = outcome.cause, decisions[order.id] == nil, case .uuid(let outcomeID) = outcome.messageID
        else {
            return
        }
        let isReserved = outcome.kind == .reserved
        if isReserved, let left = stock[order.item] { stock[order.item] = left - order.quantity }
        let decision = Decision(
            item: order.item, quantity: order.quantity, timestamp: order.timestamp,
            outcome: isReserved ? .reserved : Outcome(reason: outcome.reason), cause: cause, outcomeID: outcomeID)
        remember(decision, of: order.id)
    }
}
