public import CampusModel
public import ServiceKit
public import Workflow

extension HTTPError.Code {
    /// Inventory does not know the item.
    public static let unknownItem = HTTPError.Code(rawValue: "unknown_item")
    /// Not enough is in stock.
    public static let insufficientStock = HTTPError.Code(rawValue: "insufficient_stock")
    /// The `Idempotency-Key` was used for another order.
    public static let idempotencyConflict = HTTPError.Code(rawValue: "idempotency_conflict")
}

extension HTTPError {
    /// An error about an order, whose fields stand beside `error` and `detail`.
    public init(_ status: Int, _ code: Code, _ detail: String, order: Order) {
        self.init(status, code, detail) { order.writeFields(to: &$0) }
    }
}

extension OrderRefusal: HTTPErrorConvertible {
    /// 422 if the key is another order's, else 503: the same request may succeed in a moment.
    public var httpError: HTTPError {
        switch reason {
        case .keyIsAnothers: HTTPError(422, .idempotencyConflict, detail)
        case .unconfirmed: .retryLater(.brokerUnavailable, detail) { [order] in order?.writeFields(to: &$0) }
        }
    }
}

extension Reply {
    /// Describes the answer if a list is to begin after an order that it does not have.
    static let unknownOrder = Reply.error(404, .notFound, UnknownOrder.detail)

    /// Describes the answer to an order whose event the broker did not confirm.
    public static let notPublished = Reply.retryLater(
        .brokerUnavailable, OrderPlacement.unavailable, with: Order.properties([.failed]))
}

extension UnknownOrder: HTTPErrorConvertible {
    /// 404 `not_found`.
    public var httpError: HTTPError { .notFound(UnknownOrder.detail) }

    fileprivate static let detail = "after must be an order of this list"
}
