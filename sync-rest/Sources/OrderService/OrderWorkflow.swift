internal import CampusModel
internal import Containers
internal import HTTPClient
internal import ServiceKit
internal import Synchronization
internal import Tracing
internal import Workflow
internal import WorkflowHTTP

/// What happens to an order: reserve and wait, notify and wait.
final class OrderWorkflow: Sendable {
    let orders = OrderStore()
    private let failures = Mutex(SegmentedDictionary<OrderID, OrderFailure>())
    private let inventory: InventoryClient
    private let notification: NotificationClient
    private let releases: ReleaseQueue
    private let log: Logger

    init(inventory: InventoryClient, notification: NotificationClient, releases: ReleaseQueue, log: Logger) {
        self.inventory = inventory
        self.notification = notification
        self.releases = releases
        self.log = log
    }

    /// Why an order failed; `nil` where it lives.
    func failure(of id: OrderID) -> OrderFailure? { failures.withLock { $0[id] } }

    /// Takes an order through to its end, which is then in ``orders``.
    func place(_ request: OrderRequest, as id: OrderID, _ context: RequestContext) async {
        let order = Order(id: id, item: request.item, quantity: request.quantity)
        orders.put(order)
        switch await inventory.reserve(order, context) {
        case .reserved:
            orders.setStatus(.reserved, of: id)
            if await notify(order, context) { orders.setStatus(.notified, of: id) }
        case .refused(let failure):
            log.info("inventory refused", pairs(id, failure), of: context)
            fail(id, failure)
        case .unknown(let failure, let mayBeHeld):
            log.warning("the outcome of a reservation is not known", pairs(id, failure), of: context)
            if mayBeHeld { releases.add(id, context) }
            fail(id, failure)
        }
    }

    private func fail(_ id: OrderID, _ failure: OrderFailure) {
        failures.withLock { $0[id] = failure }
        orders.setStatus(failure.status, of: id)
    }

    /// Best effort: an order whose notification fails stays reserved.
    private func notify(_ order: Order, _ context: RequestContext) async -> Bool {
        do throws(HTTPClientError) {
            let status = try await notification.send(order, context)
            if (200...299).contains(status) { return true }
            log.warning(
                "notification refused",
                [.orderID: "\(order.id)", .httpStatus: "\(status)"], of: context)
        } catch {
            log.warning(
                "notification did not answer",
                [.orderID: "\(order.id)", .error: error.description], of: context)
        }
        return false
    }

    private func pairs(_ id: OrderID, _ failure: OrderFailure) -> KeyValuePairs<Logger.Key, String> {
        [.orderID: "\(id)", .error: failure.code.rawValue]
    }
}
