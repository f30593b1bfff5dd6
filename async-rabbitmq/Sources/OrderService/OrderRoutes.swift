internal import CampusModel
internal import ServiceKit
internal import Workflow
internal import WorkflowHTTP

/// The service's HTTP interface.
struct OrderRoutes: Sendable {
    private let orders: Orders
    private let sender: OrderSender

    init(_ orders: Orders, _ sender: OrderSender) {
        self.orders = orders
        self.sender = sender
    }

    /// What an order may be in this part.
    private static let statuses: [OrderStatus] = [.placed, .reserved, .failed]

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        Router(
            [
                .placeOrder(
                    faults, "The answer comes once the broker has confirmed the event. The outcome comes later.",
                    answers: [
                        .json(
                            "The order was published", Order.schema(OrderRoutes.statuses), status: 202,
                            headers: [Reply.replayed]),
                        .notPublished,
                    ]
                ) { request, context in
                    let (order, isReplay) = try await orders.placement.place(
                        request, context, mayPlace: orders.mayPlace, by: sender)
                    return (.order(order, status: 202), isReplay)
                }
            ] + Route.orders(orders.store, OrderRoutes.statuses, readiness))
    }
}
