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

    /// The status of the answer.
    var httpStatus: Int {
        switch self {
        case .inventoryTimeout: 504
        case .inventoryUnreachable: 502
        default: 422
        }
    }

    /// What the answer says, for a person.
    var detail: String {
        switch self {
        case .insufficientStock: "not enough is in stock"
        case .unknownItem: "inventory does not know the item"
        case .released: "the order was released already"
        case .inventoryError: "inventory answered with an error"
        case .inventoryTimeout: "inventory did not answer in time"
        case .inventoryUnreachable: "inventory could not be reached, or broke off before it answered"
        }
    }

    /// The answer, with the order in it.
    func error(_ order: Order) -> HTTPError { HTTPError(httpStatus, code, detail, order: order) }
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
