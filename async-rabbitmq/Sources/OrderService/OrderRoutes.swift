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

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        var router = Router()
        router.postOrder(faults) { request, context in
            let (order, isReplay) = try await orders.placement.place(
                request, context, mayPlace: orders.mayPlace, by: sender)
            return (.order(order, status: 202), isReplay)
        }
        router.addOrders(orders.store, readiness)
        return router
    }
}
