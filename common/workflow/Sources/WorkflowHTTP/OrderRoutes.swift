public import CampusModel
public import ServiceKit
internal import StrictJSON
public import Tracing
public import Workflow

extension Router {
    /// Adds `POST /order`, which meets the service's faults first.
    ///
    /// - Parameter place: takes what was asked for, and answers it; says whether another request with the same key has
    ///   placed the order before.
    public mutating func postOrder(
        _ faults: Faults,
        _ place: @escaping @Sendable (OrderRequest, RequestContext) async throws -> (HTTPResponse, isReplay: Bool)
    ) {
        postWork("/order", faults) { request in
            let context = try request.contextWithKey()
            let wanted = try OrderRequest(from: try request.json())
            var (response, isReplay) = try await place(wanted, context)
            if isReplay { response.headers.append(("Idempotent-Replayed", "true")) }
            return response
        }
    }

    /// Adds `GET /orders` and `GET /orders/{order_id}`, which answer only while the service knows its orders.
    public mutating func addOrders(_ store: OrderStore, _ readiness: Readiness) {
        getState("/orders", readiness) { request in
            HTTPResponse(try await store.list(try OrderStore.Filter(request)))
        }
        getState("/orders/{order_id}", readiness) { request in
            guard let id = OrderID(request.parameter) else {
                throw HTTPError.notFound("order_id must be a UUID")
            }
            guard let order = store.order(id) else { throw HTTPError.notFound("there is no such order") }
            return .order(order, status: 200)
        }
    }
}

extension HTTPResponse {
    /// The five fields of an order.
    public static func order(_ order: Order, status: Int) -> HTTPResponse {
        object(status: status) { order.writeFields(to: &$0) }
    }
}
