internal import AMQPClient
internal import CampusModel
internal import ServiceKit
internal import Synchronization

/// Takes orders: publishes each, and counts it as placed once the broker has confirmed it.
final class OrderDesk: Sendable {
    let orders = OrderStore()
    let keys = IdempotencyKeys()
    let unsettled = UnsettledOrders()
    /// Whether the service holds the lease and knows what is in the log; else keys could be used twice.
    private let mayWork = Atomic<Bool>(false)
    let log: Logger

    init(log: Logger) { self.log = log }

    /// Whether orders are taken, and outcomes.
    var isOpen: Bool {
        get { mayWork.load(ordering: .acquiring) }
        set { mayWork.store(newValue, ordering: .releasing) }
    }

    /// Places an order, and waits until the broker has it.
    ///
    /// The order has its place in the list from now on and is shown there once it is confirmed, or its outcome arrives. A
    /// further attempt with the same identifier sends the same message.
    func place(
        _ request: OrderRequest, as id: OrderID, key: String?, requestID: String, by publisher: AMQPPublisher
    ) async -> IdempotencyKeys.Attempt {
        guard publisher.isAvailable else { return refuse(request, as: id) }
        let placed = orders.hide(Order(id: id, item: request.item, quantity: request.quantity))
        let event = OrderEvent(
            .placed, placed, messageID: .uuid(id.named("placed")), requestID: requestID, idempotencyKey: key)
        let outcome = await publisher.publish(event.publication)
        if outcome == .confirmed {
            orders.show(id)
            unsettled.add(id)
            return .settled
        }
        // Its outcome has arrived all the same.
        if orders.order(id) != nil { return .settled }
        orders.giveUp(id)
        log.warning("an order could not be placed", [.orderID: "\(id)", .requestID: requestID, .error: "\(outcome)"])
        return .unsettled(OrderDesk.unavailable(placed, OrderDesk.explanation(outcome)))
    }

    /// Takes no order, since the broker is away or the desk is closed.
    func refuse(_ request: OrderRequest, as id: OrderID) -> IdempotencyKeys.Attempt {
        let order = Order(id: id, item: request.item, quantity: request.quantity)
        return .unsettled(OrderDesk.unavailable(order, OrderDesk.away))
    }

    private static func explanation(_ outcome: AMQPPublisher.Outcome) -> String {
        switch outcome {
        case .returned: "the broker has no queue for orders"
        case .refused: "the broker refused the order"
        case .timedOut: "the broker did not confirm the order in time"
        case .confirmed, .unavailable: away
        }
    }

    private static let away = "the broker cannot be reached at the moment"

    /// The order failed as far as its client can tell: it holds nothing, and is not listed.
    private static func unavailable(_ order: Order, _ detail: String) -> HTTPError {
        var order = order
        order.status = .failed
        return .retryLater(.brokerUnavailable, detail, order: order)
    }

    /// Takes what inventory has decided; the first outcome is final.
    func settle(_ outcome: OrderEvent) {
        orders.settle(outcome.order)
        restoreKey(outcome)
    }

    func restoreKey(_ event: OrderEvent) {
        guard let key = event.idempotencyKey else { return }
        let request = OrderRequest(item: event.order.item, quantity: event.order.quantity)
        keys.restore(key, request, event.order.id)
    }

    // MARK: Orders without an outcome

    /// Looks every few seconds for orders that nobody decides about, and sends them once more.
    ///
    /// An order is in the log for sure, but a queue or binding that was deleted may have kept it from inventory. Where the
    /// queue is empty and an order has waited for long, that may be so; sent twice, it is decided once all the same.
    func watchOver(_ publisher: AMQPPublisher, on loop: EventLoop) async {
        while !Task.isCancelled {
            await loop.sleep(seconds: 2)
            let stranded = unsettled.overdue(at: EventLoop.now()) { orders.order($0)?.status == .placed }
            guard !stranded.isEmpty, await publisher.inspect(OrderTopology.inventoryQueue) == 0 else { continue }
            log.warning("orders without an outcome are sent once more", [.count: "\(stranded.count)"])
            await withTaskGroup(of: Void.self) { group in
                for id in stranded {
                    group.addTask(executorPreference: loop) { await self.sendAgain(id, by: publisher) }
                }
            }
        }
    }

    private func sendAgain(_ id: OrderID, by publisher: AMQPPublisher) async {
        guard let order = orders.order(id) else { return }
        _ = await publisher.publish(OrderEvent(.placed, order, messageID: .uuid(id.named("placed"))).publication)
    }
}
