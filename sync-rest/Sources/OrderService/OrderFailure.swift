internal import CampusModel
internal import ServiceKit
internal import WorkflowHTTP

/// Why an order failed, and so what its client is answered, now and whenever the key comes again.
enum OrderFailure: Sendable, Equatable, CaseIterable {
    case insufficientStock
    case unknownItem
    case released
    case inventoryError
    case inventoryTimeout
    case inventoryUnreachable

    /// Those that inventory itself gives as the reason for a refusal.
    static let refusals: [OrderFailure] = [.insufficientStock, .unknownItem, .released]

    /// The code in the answer.
    var code: HTTPError.Code {
        switch self {
        case .insufficientStock: .insufficientStock
        case .unknownItem: .unknownItem
        case .released: .released
        case .inventoryError: .inventoryError
        case .inventoryTimeout: .inventoryTimeout
        case .inventoryUnreachable: .inventoryUnreachable
        }
    }

    /// What becomes of the order.
    var status: OrderStatus { self == .inventoryTimeout ? .timeout : .failed }

    /// The answer, with the order in it.
    func error(_ order: Order) -> HTTPError {
        switch self {
        case .insufficientStock: HTTPError(422, code, "not enough is in stock", order: order)
        case .unknownItem: HTTPError(422, code, "inventory does not know the item", order: order)
        case .released: HTTPError(422, code, "the order was released already", order: order)
        case .inventoryError: HTTPError(422, code, "inventory answered with an error", order: order)
        case .inventoryTimeout: HTTPError(504, code, "inventory did not answer in time", order: order)
        case .inventoryUnreachable:
            HTTPError(502, code, "inventory could not be reached, or broke off before it answered", order: order)
        }
    }
}

// The codes of this style, whose client waits for inventory's answer. The first two are inventory's own.
extension HTTPError.Code {
    /// The order was released already.
    static let released = HTTPError.Code(rawValue: "released")
    /// The order was at inventory before, with another item or quantity.
    static let orderMismatch = HTTPError.Code(rawValue: "order_mismatch")
    /// Inventory answered with an error.
    static let inventoryError = HTTPError.Code(rawValue: "inventory_error")
    /// Inventory did not answer in time.
    static let inventoryTimeout = HTTPError.Code(rawValue: "inventory_timeout")
    /// Inventory could not be reached.
    static let inventoryUnreachable = HTTPError.Code(rawValue: "inventory_unreachable")
}
