internal import CampusModel
internal import ServiceKit
internal import Tracing
internal import Workflow
internal import WorkflowHTTP

/// The service's HTTP interface over one workflow.
struct OrderRoutes: Sendable {
    private let workflow: OrderWorkflow
    private let keys = IdempotencyKeys()

    init(_ workflow: OrderWorkflow) { self.workflow = workflow }

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        var router = Router()
        router.postOrder(faults) { request, context in
            let (id, isReplay) = try await keys.once(context.idempotencyKey, request) { id in
                await workflow.place(request, as: id, context)
                return .settled
            }
            return (answer(id), isReplay)
        }
        router.addOrders(workflow.orders, readiness)
        return router
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
