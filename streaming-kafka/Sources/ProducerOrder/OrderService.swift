internal import CampusModel
internal import KafkaClient
internal import OrderRecords
internal import ServiceKit
internal import Synchronization
internal import Tracing
internal import Workflow
internal import WorkflowHTTP

/// Takes orders: produces each, and counts it as placed once the broker has acknowledged it.
final class OrderService: Sendable {
    let placement = OrderPlacement()
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

    var orders: OrderStore { placement.orders }

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

    /// Asks the broker for an answer to both producers, and says in `readiness` if one of them is of no more use. Blocks:
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

    /// Why the broker refuses the producer, if that does not mend itself.
    var mistake: KafkaError? { producer.mistake }

    /// When an order is answered with 503 at the latest.
    static var patienceEnds: EventLoop.Nanoseconds { EventLoop.now() &+ KafkaProducer.patience }

    // MARK: Single orders

    /// Places an order, and waits until the broker has it.
    ///
    /// - Returns: the order, and whether another request has placed it before.
    func place(
        _ request: OrderRequest, _ context: RequestContext
    ) async throws(OrderRefusal) -> (order: Order, isReplay: Bool) {
        let end = OrderService.patienceEnds
        // Asked before the key is looked at: until those in the log are known, one that was used seems to be new.
        let isOpen = await opens(until: end)
        return try await placement.place(
            request, context, mayPlace: isOpen, by: Acknowledged(producer: producer, end: end, log: log))
    }

    // MARK: Bulks

    /// Places many orders, and waits until the broker has all of them, or is away.
    ///
    /// - Throws: ``HTTPError`` 503 `overloaded` if too many other bulks are under way.
    func place(_ request: BulkRequest, _ context: RequestContext) async throws(HTTPError) -> BulkOrder.Result {
        guard await opens(until: OrderService.patienceEnds), canPlaceBulks else { return .init(count: request.count) }
        guard await bulks.enter() else {
            throw .retryLater(.overloaded, "too many other bulks are under way at the moment")
        }
        defer { bulks.leave() }
        // The broker may have gone while the bulk waited for its turn.
        guard canPlaceBulks else { return .init(count: request.count) }
        return try await BulkOrder(request, context, orders, bulkProducer, loop).run()
    }

    private var canPlaceBulks: Bool { producer.isAvailable && bulkProducer.isAvailable }

    // MARK: What the log tells

    /// Takes what inventory has decided; the first outcome of an order is final.
    func takeOutcomes(_ decided: [Order]) { orders.settle(decided) }

    /// Takes all orders from the log, from before the service was started.
    func restore(_ restored: RestoredOrders) {
        for (order, key) in restored.inOrder {
            // One that was placed meanwhile by an attempt of this process has its place already.
            orders.settle(order)
            if let key { placement.restoreKey(key, of: order) }
        }
    }
}

/// Produces orders, each of which counts once Kafka has acknowledged it.
struct Acknowledged: OrderPublisher {
    let producer: KafkaProducer
    /// When to give up.
    let end: EventLoop.Nanoseconds
    let log: Logger

    var isAvailable: Bool { producer.isAvailable }

    func publish(_ event: OrderEvent, _ context: RequestContext) async -> String? {
        let outcome = await producer.produce(event.record(headers: context.kafkaHeaders), to: 0, until: end)
        guard outcome != .acknowledged else { return nil }
        log.warning(
            "an order could not be placed", [.orderID: "\(event.order.id)", .error: "\(outcome)"], of: context)
        return outcome == .timedOut
            ? "the broker did not acknowledge the order in time" : OrderPlacement.unavailable
    }
}
