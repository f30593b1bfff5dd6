internal import CampusModel
internal import ServiceKit

/// The service's HTTP interface over one workflow.
struct OrderRoutes: Sendable {
    private let workflow: OrderWorkflow
    private let keys = IdempotencyKeys()

    init(_ workflow: OrderWorkflow) { self.workflow = workflow }

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        var router = Router()
        router.postWork("/order", faults) { try await place($0) }
        router.addOrders(workflow.orders, readiness)
        return router
    }

    private func place(_ request: HTTPRequest) async throws -> HTTPResponse {
        let key = try request.idempotencyKey()
        let wanted = try OrderRequest(from: try request.json())
        let (id, isReplay) = try await keys.once(key, wanted) { id in
            await workflow.place(wanted, as: id, requestID: request.requestID)
            return .settled
        }
        var response = answer(id)
        if isReplay { response.headers.append(("Idempotent-Replayed", "true")) }
        return response
    }

    /// What an order is answered with, from what has become of it.
    private func answer(_ id: OrderID) -> HTTPResponse {
        guard let order = workflow.orders.order(id) else {
            return HTTPError(500, .internalError, "the order was lost").response
        }
        if let failure = workflow.failure(of: id) { return failure.error(order).response }
        return .order(order, status: 201)
    }
}
