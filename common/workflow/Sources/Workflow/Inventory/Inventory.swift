public import CampusModel
public import Containers

/// The stock, and what was decided about each order: a decision is made once, whatever comes twice.
///
/// At any time, for each item: initial stock = stock now + what reserved orders hold. A pure value, without clock, network or
/// lock. What is remembered of a decision is up to the part: how it recognises a copy, and what it answers one.
public struct Inventory<Decision: Sendable>: Sendable {
    /// What is decided about an order.
    public typealias Verdict = InventoryVerdict

    /// What is left of each item. It may be below zero after ``restore(_:_:isReserved:)``, if the service was started with
    /// less than is reserved already; nothing more is reserved then.
    @inlinable
    public var stock: [String: Int] { left }
    @usableFromInline var left: [String: Int]
    @usableFromInline var decisions = SegmentedDictionary<OrderID, Decision>()

    /// Starts with this stock and no orders.
    @inlinable
    public init(stock: [String: Int]) { left = stock }

    /// What was decided about an order; `nil` if nothing was yet.
    @inlinable
    public func decision(about id: OrderID) -> Decision? { decisions[id] }

    /// Decides about an order, once: if that was done before, nothing changes.
    ///
    /// - Parameter remember: what is to be remembered of the verdict; not called if there is a decision.
    /// - Returns: the decision, and whether it was made now.
    @inlinable
    @discardableResult
    public mutating func decide(
        _ id: OrderID, item: String, quantity: Int, _ remember: (Verdict) -> Decision
    ) -> (decision: Decision, isNew: Bool) {
        if let decision = decisions[id] { return (decision, false) }
        let decision = remember(reserve(item, quantity))
        decisions[id] = decision
        return (decision, true)
    }

    @inlinable
    mutating func reserve(_ item: String, _ quantity: Int) -> Verdict {
        guard let now = left[item] else { return .unknownItem }
        guard now >= quantity else { return .insufficientStock(remaining: now) }
        left[item] = now - quantity
        return .reserved(remaining: now - quantity)
    }

    /// Takes over a decision that was made before this inventory was there, as a log tells it. The first one about an order
    /// counts.
    ///
    /// - Returns: whether it was the first one.
    @inlinable
    @discardableResult
    public mutating func restore(_ order: Order, _ decision: Decision, isReserved: Bool) -> Bool {
        guard decisions.insertIfAbsent(decision, for: order.id) else { return false }
        if isReserved, let now = left[order.item] { left[order.item] = now - order.quantity }
        return true
    }

    /// Gives back what an order holds, and replaces what was decided about it.
    ///
    /// - Parameters:
    ///   - quantity: what it holds; 0 for nothing.
    ///   - decision: `nil` if the order may be decided about once more.
    @inlinable
    public mutating func undo(_ id: OrderID, item: String, quantity: Int, now decision: Decision?) {
        if quantity > 0 { left[item, default: 0] += quantity }
        decisions[id] = decision
    }
}

/// What is decided about an order.
public enum InventoryVerdict: Sendable, Equatable {
    /// The order holds its quantity; so many are left.
    case reserved(remaining: Int)
    /// Too few are left.
    case insufficientStock(remaining: Int)
    /// There is no such item.
    case unknownItem

    /// Whether the order holds its quantity.
    @inlinable
    public var isReserved: Bool { if case .reserved = self { true } else { false } }

    /// Why it failed, as events and answers tell it; `nil` if it is reserved.
    public var reason: String? {
        switch self {
        case .reserved: nil
        case .insufficientStock: "insufficient_stock"
        case .unknownItem: "unknown_item"
        }
    }

    /// All reasons that there are.
    public static let reasons = [insufficientStock(remaining: 0), unknownItem].compactMap(\.reason)
}
