internal import AMQPClient
internal import CampusModel
internal import OrderMessages
internal import ServiceKit
internal import Synchronization
internal import Tracing
internal import Workflow
internal import WorkflowHTTP

/// The orders of this service: the shared placement, and what this part needs beside it.
final class Orders: Sendable {
    private let placement = OrderPlacement()
    private let undecided = UndecidedOrders()
    private let isAtWork = Atomic<Bool>(false)
    private let log: Logger

    init(log: Logger) { self.log = log }

    /// The orders, in the order in which they were placed.
    var store: OrderStore { placement.orders }

    /// Whether orders are taken, and outcomes: while the service holds the lease and knows what is in the log. Otherwise keys
    /// could be used twice.
    var mayPlace: Bool {
        get { isAtWork.load(ordering: .acquiring) }
        set { isAtWork.store(newValue, ordering: .releasing) }
    }

    /// Places an order, and waits until the broker has it.
    ///
    /// - Returns: the order, and whether another request has placed it before.
    func place(
        _ request: OrderRequest, _ context: RequestContext, by publisher: AMQPPublisher
    ) async throws(OrderRefusal) -> (order: Order, isReplay: Bool) {
        try await placement.place(
            request, context, mayPlace: mayPlace,
            by: ConfirmedPublisher(publisher: publisher, undecided: undecided, log: log))
    }

    /// Takes an event from the log.
    func restore(_ message: OrderMessage) {
        let event = message.event
        guard event.kind == .placed else { return takeOutcome(message) }
        // An outcome may stand before its order if the same message was published twice.
        if store.order(event.order.id) == nil {
            store.put(event.order)
            undecided.add(event.order.id)
        }
        restoreKey(message)
    }

    /// Takes what inventory has decided; the first outcome is final.
    func takeOutcome(_ outcome: OrderMessage) {
        store.settle(outcome.event.order)
        restoreKey(outcome)
    }

    private func restoreKey(_ message: OrderMessage) {
        if let key = message.context.idempotencyKey { placement.restoreKey(key, of: message.event.order) }
    }

    // MARK: Orders without an outcome

    /// Looks every few seconds for orders that nobody decides about, and sends them once more.
    ///
    /// An order is in the log for sure, but a queue or binding that was deleted may have kept it from inventory. That
    /// may be so if the queue is empty and an order has waited for long. An order that is sent twice is decided once all the same.
    func watchOver(_ publisher: AMQPPublisher, on loop: EventLoop) async {
        while !Task.isCancelled {
            await loop.sleep(seconds: 2)
            let stranded = overdue(at: EventLoop.now())
            guard !stranded.isEmpty, await publisher.inspect(OrderTopology.inventoryQueue) == 0 else { continue }
            log.warning("orders without an outcome are sent once more", [.count: "\(stranded.count)"])
            await withTaskGroup(of: Void.self) { group in
                for id in stranded {
                    group.addTask(executorPreference: loop) { await self.sendAgain(id, by: publisher) }
                }
            }
        }
    }

    /// The orders that have waited for their outcome for too long; see ``UndecidedOrders/overdue(at:_:)``.
    func overdue(at now: EventLoop.Nanoseconds) -> [OrderID] {
        undecided.overdue(at: now) { store.order($0)?.status == .placed }
    }

    private func sendAgain(_ id: OrderID, by publisher: AMQPPublisher) async {
        guard let order = store.order(id) else { return }
        let context = RequestContext(requestID: nil)
        _ = await publisher.publish(OrderMessage.placed(OrderEvent(.placed, order), context).publication)
    }
}

/// Publishes orders, each of which counts once RabbitMQ has confirmed it.
private struct ConfirmedPublisher: OrderPublisher {
    let publisher: AMQPPublisher
    let undecided: UndecidedOrders
    let log: Logger

    var isAvailable: Bool { publisher.isAvailable }

    func publish(_ event: OrderEvent, _ context: RequestContext) async -> String? {
        let outcome = await publisher.publish(OrderMessage.placed(event, context).publication)
        guard outcome != .confirmed else {
            undecided.add(event.order.id)
            return nil
        }
        log.warning(
            "an order could not be placed", [.orderID: "\(event.order.id)", .error: "\(outcome)"], of: context)
        return ConfirmedPublisher.explanation(outcome)
    }

    private static func explanation(_ outcome: AMQPPublisher.Outcome) -> String {
        switch outcome {
        case .returned: "the broker has no queue for orders"
        case .refused: "the broker refused the order"
        case .timedOut: "the broker did not confirm the order in time"
        case .confirmed, .unavailable: OrderPlacement.unavailable
        }
    }
}
