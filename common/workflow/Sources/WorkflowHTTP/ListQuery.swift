internal import CampusModel
internal import ServiceKit
internal import StrictJSON
internal import Workflow

// What the lists take from the query.

extension RequestInput where Value == OrderStatus? {
    /// Takes `status`: only orders that have it.
    static var status: RequestInput {
        .query(
            "status", OrderFields.status(OrderStatus.allCases).meaning("Only orders that have it."),
            OrderStatus.expectation
        ) { OrderStatus(rawValue: $0) }
    }
}

extension RequestInput where Value == OrderID? {
    /// Takes `order_id`: only this order.
    static var orderID: RequestInput { orderID("order_id", "Only this order.") }

    /// Takes `after`: what comes later in the list than this order.
    static var after: RequestInput {
        orderID("after", "Only what comes later in the list than this order; then `limit` counts from there.")
    }

    private static func orderID(_ name: String, _ meaning: String) -> RequestInput {
        .query(name, OrderFields.id.schema.meaning(meaning), "must be a UUID") { OrderID($0) }
    }
}

extension RequestInput where Value == Int? {
    /// Takes `limit`: so many entries at most.
    static var limit: RequestInput {
        .query("limit", "Only the newest so many.", in: ListPieces.limits, example: 20)
    }
}

extension HTTPResponse {
    /// A list, made while it is sent.
    init(_ list: ListPieces) { self.init(pieces: list.next) }
}
