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

    /// What an order may be in this part.
    private static let statuses: [OrderStatus] = [.notified, .reserved, .failed, .timeout, .placed]

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        Router(
            [
                .placeOrder(
                    faults, "The answer comes once inventory and notification have answered.",
                    answers: OrderRoutes.answers
                ) { request, context in
                    let (id, isReplay) = try await keys.once(context.idempotencyKey, request) { id in
                        await workflow.place(request, as: id, context)
                        return .settled
                    }
                    return (answer(id), isReplay)
                }
            ] + Route.orders(workflow.orders, OrderRoutes.statuses, readiness))
    }

    private static let answers: [Reply] =
        [
            .json(
                "The order: notified, or reserved if the notification was not sent",
                Order.schema(statuses), status: 201, headers: [Reply.replayed])
        ]
        + OrderFailure.allCases.map {
            .error($0.httpStatus, $0.code, $0.detail, with: Order.properties([$0.status]), headers: [Reply.replayed])
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
