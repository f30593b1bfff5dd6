internal import AMQPClient
internal import CampusModel
internal import ServiceKit

/// The service's HTTP interface over one desk.
struct OrderRoutes: Sendable {
    private let desk: OrderDesk
    private let publisher: AMQPPublisher

    init(_ desk: OrderDesk, _ publisher: AMQPPublisher) {
        self.desk = desk
        self.publisher = publisher
    }

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        var router = Router()
        router.postWork("/order", faults) { try await place($0) }
        router.addOrders(desk.orders, readiness)
        return router
    }

    private func place(_ request: HTTPRequest) async throws -> HTTPResponse {
        let key = try request.idempotencyKey()
        let wanted = try OrderRequest(from: try request.json())
        // Asked before the key is looked at: until those in the log are known, one that was used seems to be new.
        let isOpen = desk.isOpen
        let (id, isReplay) = try await desk.keys.once(key, wanted) { id in
            guard isOpen else { return desk.refuse(wanted, as: id) }
            return await desk.place(wanted, as: id, key: key, requestID: request.requestID, by: publisher)
        }
        guard var order = desk.orders.order(id) else {
            return HTTPError(500, .internalError, "the order was lost").response
        }
        // A new order is answered as it was placed, even where its outcome was faster than the confirm.
        if !isReplay { order.status = .placed }
        var response = HTTPResponse.order(order, status: 202)
        if isReplay { response.headers.append(("Idempotent-Replayed", "true")) }
        return response
    }
}
