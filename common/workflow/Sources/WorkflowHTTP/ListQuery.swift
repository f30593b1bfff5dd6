internal import CampusModel
internal import ServiceKit
internal import Workflow

// The query of the lists.

extension OrderStore.Filter {
    /// Reads `status`, `order_id`, `after` and `limit`.
    ///
    /// - Throws: ``HTTPError`` 400 that names the parameter.
    init(_ request: HTTPRequest) throws(HTTPError) {
        self.init()
        if let text = try request.query("status") {
            status = OrderStatus(rawValue: text)
            guard status != nil else { throw .badRequest("status \(OrderStatus.expectation)") }
        }
        id = try request.orderID("order_id")
        after = try request.orderID("after")
        limit = try request.limit()
    }
}

extension HTTPRequest {
    /// Reads a query parameter that is the identifier of an order; `nil` if it is not given.
    func orderID(_ name: String) throws(HTTPError) -> OrderID? {
        guard let text = try query(name) else { return nil }
        guard let id = OrderID(text) else { throw .badRequest("\(name) must be a UUID") }
        return id
    }

    /// Reads the query parameter `limit`; `nil` if it is not given.
    func limit() throws(HTTPError) -> Int? {
        guard let text = try query("limit") else { return nil }
        let limits = ListPieces.limits
        guard let limit = Int(text), limits.contains(limit) else {
            throw .badRequest("limit must be an integer from \(limits.lowerBound) to \(limits.upperBound)")
        }
        return limit
    }
}

extension HTTPResponse {
    /// A list, made while it is sent.
    init(_ list: ListPieces) { self.init(pieces: list.next) }
}
