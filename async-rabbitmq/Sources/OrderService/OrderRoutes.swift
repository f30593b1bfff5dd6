internal import AMQPClient
internal import ServiceKit
internal import Workflow
internal import WorkflowHTTP

/// The service's HTTP interface.
struct OrderRoutes: Sendable {
    private let orders: Orders
    private let publisher: AMQPPublisher

    init(_ orders: Orders, _ publisher: AMQPPublisher) {
        self.orders = orders
        self.publisher = publisher
    }

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        var router = Router()
        router.postOrder(faults) { request, context in
            let (order, isReplay) = try await orders.place(request, context, by: publisher)
            return (.order(order, status: 202), isReplay)
        }
        router.addOrders(orders.store, readiness)
        return router
    }
}
