internal import CampusModel
internal import ServiceKit

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
        case .released: HTTPError(422, code, "the order was released before it was reserved", order: order)
        case .inventoryError: HTTPError(422, code, "inventory answered with an error", order: order)
        case .inventoryTimeout: HTTPError(504, code, "inventory did not answer in time", order: order)
        case .inventoryUnreachable:
            HTTPError(502, code, "inventory could not be reached, or broke off before it answered", order: order)
        }
    }
}
