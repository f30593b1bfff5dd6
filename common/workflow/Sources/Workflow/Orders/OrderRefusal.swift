public import CampusModel

/// Why an order was not placed.
///
/// If the reason is ``Reason/unconfirmed``, it may have been kept all the same. Then its outcome arrives later, and it is listed.
public struct OrderRefusal: Error, Sendable {
    /// What stands in the way.
    public enum Reason: Sendable, Equatable {
        /// The client's key was used for another order.
        case keyIsAnothers
        /// What the order is given to has not confirmed that it has it: the same request may succeed in a moment.
        case unconfirmed
    }

    /// What stands in the way.
    public let reason: Reason
    /// One sentence for a person.
    public let detail: String
    /// The order as far as its client can tell: failed.
    public let order: Order?

    static let keyIsAnothers = OrderRefusal(
        reason: .keyIsAnothers, detail: "this Idempotency-Key was used for another order", order: nil)

    /// An order that nobody has confirmed.
    public static func unconfirmed(_ order: Order, _ detail: String) -> OrderRefusal {
        var order = order
        order.status = .failed
        return OrderRefusal(reason: .unconfirmed, detail: detail, order: order)
    }
}
