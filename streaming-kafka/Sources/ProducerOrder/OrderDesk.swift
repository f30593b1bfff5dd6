internal import CampusModel
internal import KafkaClient
internal import ServiceKit
internal import Synchronization

/// Takes orders: produces each, and counts it as placed once the broker has acknowledged it.
final class OrderDesk: Sendable {
    let orders = OrderStore()
    let keys = IdempotencyKeys()
    private let producer: KafkaProducer
    /// One of its own, so that no single order waits for a place in the queue behind a bulk's.
    private let bulkProducer: KafkaProducer
    let bulks: BulkAdmission
    let loop: EventLoop
    /// Whether what the service knew before it was started is known again; before that, keys could be used twice.
    private let isRebuilt = Atomic<Bool>(false)
    private let log: Logger

    init(_ producer: KafkaProducer, bulk bulkProducer: KafkaProducer, on loop: EventLoop, log: Logger) {
        self.producer = producer
        self.bulkProducer = bulkProducer
        bulks = BulkAdmission(on: loop)
        self.loop = loop
        self.log = log
    }

    /// From now on orders are taken, once the broker has answered the producer too.
    func open() { isRebuilt.store(true, ordering: .releasing) }

    private var isOpen: Bool {
        isRebuilt.load(ordering: .acquiring) && producer.hasBeenAvailable && bulkProducer.hasBeenAvailable
    }

    /// Waits while the service starts, until it knows again what it knew before and has found the broker.
    ///
    /// A key must not be looked at earlier: one that was used before would be taken for a new one.
    ///
    /// - Parameter end: when to give up.
    /// - Returns: whether it is open.
    func opens(until end: EventLoop.Nanoseconds) async -> Bool {
        while !isOpen, EventLoop.now() < end { await loop.sleep(seconds: 0.01) }
        return isOpen
    }

    /// Asks the broker for an answer to both producers, and says in `readiness` where one of them is of no more use. Blocks:
    /// for a thread of its own.
    ///
    /// - Returns: whether the broker answers.
    func probe(milliseconds: Int32, _ readiness: Readiness) -> Bool {
        let answers = producer.probe(milliseconds: milliseconds)
        // Once, so that the first bulk finds it connected.
        if answers, !bulkProducer.isAvailable { _ = bulkProducer.probe(milliseconds: milliseconds) }
        let hasFailed = [producer, bulkProducer].contains { $0.failedForGood() }
        readiness.set(
            "producer",
            missing: hasFailed
                ? "nothing can be produced any more, since the broker has refused this producer for good: restart this service"
                : nil,
            isPermanent: true)
        return answers
    }

    /// Why the broker refuses the producer, where that does not mend itself.
    var mistake: KafkaError? { producer.mistake }

    /// When an order is answered with 503 at the latest.
    static var patienceEnds: EventLoop.Nanoseconds { EventLoop.now() &+ KafkaProducer.patience }

    // MARK: Single orders

    /// Places an order, and waits until the broker has it.
    ///
    /// The order has its place in the list from now on and is shown there once it is acknowledged, or its outcome arrives.
    /// A further attempt with the same identifier sends the same event.
    ///
    /// - Parameter end: when to give up.
    func place(
        _ request: OrderRequest, as id: OrderID, key: String?, requestID: String, until end: EventLoop.Nanoseconds
    ) async -> IdempotencyKeys.Attempt {
        guard producer.isAvailable, orders.order(id) == nil else { return refuse(request, as: id) }
        let placed = orders.hide(Order(id: id, item: request.item, quantity: request.quantity))
        var headers = [(name: OrderEvent.requestIDHeader, value: Array(requestID.utf8))]
        if let key { headers.append((OrderEvent.keyHeader, Array(key.utf8))) }
        let outcome = await producer.produce(OrderEvent(.placed, placed).message(headers: headers), to: 0, until: end)
        if outcome == .acknowledged {
            orders.show(id)
            return .settled
        }
        // Remembered in case that its outcome arrives, which it may have done already.
        orders.giveUp(id)
        if orders.order(id) != nil { return .settled }
        log.warning("an order could not be placed", [.orderID: "\(id)", .requestID: requestID, .error: "\(outcome)"])
        let detail = outcome == .timedOut ? "the broker did not acknowledge the order in time" : OrderDesk.away
        return .unsettled(OrderDesk.unavailable(placed, detail))
    }

    /// Takes no order, since the broker is away or the log is not known yet; unless an earlier attempt with its key placed it
    /// after all, as its outcome has told since.
    func refuse(_ request: OrderRequest, as id: OrderID) -> IdempotencyKeys.Attempt {
        if orders.order(id) != nil { return .settled }
        let order = Order(id: id, item: request.item, quantity: request.quantity)
        return .unsettled(OrderDesk.unavailable(order, OrderDesk.away))
    }

    private static let away = "the broker cannot be reached at the moment"

    private static func unavailable(_ order: Order, _ detail: String) -> HTTPError {
        // The client has no such order, whatever becomes of it: only a retry with its key finds that out.
        var order = order
        order.status = .failed
        return .retryLater(.brokerUnavailable, detail, order: order)
    }

    // MARK: Bulks

    /// Places many orders, and waits until the broker has all of them, or is away.
    ///
    /// - Throws: ``HTTPError`` 503 `overloaded` where too many other bulks are under way.
    func place(_ request: BulkRequest, requestID: String) async throws(HTTPError) -> BulkOrder.Result {
        guard await opens(until: OrderDesk.patienceEnds), canPlaceBulks else { return .init(count: request.count) }
        guard await bulks.enter() else {
            throw .retryLater(.overloaded, "too many other bulks are under way at the moment")
        }
        defer { bulks.leave() }
        // The broker may have gone while the bulk waited for its turn.
        guard canPlaceBulks else { return .init(count: request.count) }
        return try await BulkOrder(request, requestID, orders, bulkProducer, loop).run()
    }

    private var canPlaceBulks: Bool { producer.isAvailable && bulkProducer.isAvailable }

    // MARK: What the log tells

    /// Takes what inventory has decided; the first outcome of an order is final.
    func settle(_ decided: [Order]) { orders.settle(decided) }

    /// Takes all orders from the log, from before the service was started.
    func restore(_ restored: RestoredOrders) {
        for (order, key) in restored.inOrder {
            // One that was placed meanwhile by an attempt of this process has its place already.
            orders.settle(order)
            if let key { keys.restore(key, OrderRequest(item: order.item, quantity: order.quantity), order.id) }
        }
    }
}
