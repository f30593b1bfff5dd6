internal import CampusModel
internal import HTTPClient
internal import ServiceKit
internal import Synchronization

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
    func place(_ request: OrderRequest, as id: OrderID, requestID: String) async {
        let order = Order(id: id, item: request.item, quantity: request.quantity)
        orders.put(order)
        switch await inventory.reserve(order, requestID: requestID) {
        case .reserved:
            orders.setStatus(.reserved, of: id)
            if await notify(order, requestID: requestID) { orders.setStatus(.notified, of: id) }
        case .refused(let failure):
            log.info("inventory refused", pairs(id, failure, requestID))
            fail(id, failure)
        case .unknown(let failure, let mayBeHeld):
            log.warning("inventory did not answer", pairs(id, failure, requestID))
            if mayBeHeld { releases.add(id, requestID: requestID) }
            fail(id, failure)
        }
    }

    private func fail(_ id: OrderID, _ failure: OrderFailure) {
        failures.withLock { $0[id] = failure }
        orders.setStatus(failure.status, of: id)
    }

    /// Best effort: an order whose notification fails stays reserved.
    private func notify(_ order: Order, requestID: String) async -> Bool {
        do throws(HTTPClientError) {
            let status = try await notification.send(order, requestID: requestID)
            if (200...299).contains(status) { return true }
            log.warning(
                "notification refused",
                [.orderID: "\(order.id)", .httpStatus: "\(status)", .requestID: requestID])
        } catch {
            log.warning(
                "notification did not answer",
                [.orderID: "\(order.id)", .error: error.description, .requestID: requestID])
        }
        return false
    }

    private func pairs(
        _ id: OrderID, _ failure: OrderFailure, _ requestID: String
    ) -> KeyValuePairs<Logger.Key, String> {
        [.orderID: "\(id)", .error: failure.code.rawValue, .requestID: requestID]
    }
}
