internal import AMQPClient
internal import Containers
internal import OrderMessages
internal import ServiceKit
internal import Workflow

/// Takes orders from their queue, decides, publishes the outcomes, and acknowledges an order once its outcome is confirmed.
///
/// It works under a lease, on the channel that holds it. When the broker grants the lease, all that the predecessor has published
/// was routed before, and stands in the log. From that the consumer rebuilds the inventory, afresh with each grant, and only then
/// works. While another instance has the lease it stands by.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread.
final class InventoryConsumer: AMQPRole, @unchecked Sendable {
    typealias Command = Never

    /// An outcome that is published, or to be published again.
    private struct Outcome: Sendable {
        let publication: AMQPPublication
        /// The delivery that is acknowledged once the outcome is confirmed.
        let tag: UInt64
    }

    private let decisions: SharedOutcomes
    private let faults: Faults
    private let readiness: Readiness
    private let log: Logger
    private var lease = AMQPLease(OrderTopology.inventoryLease)
    private var waiting = Deque<AMQPDelivery>()
    private var deliveries = DeliveryLedger()
    private var outcomes = ConfirmLedger<Outcome>()
    /// Outcomes that the broker did not take, and when they are published again.
    private var rejected: [Outcome] = []
    private var retryAt: EventLoop.Nanoseconds = 0
    private var messageFaults = MessageFaults()
    private var isConsuming = false
    private static let (channel, spare): (UInt16, UInt16) = (1, 2)
    private static let prefetch: UInt16 = 500
    private static let pause: EventLoop.Nanoseconds = 1_000_000_000
    static let pauseSeconds = 0.003
    static let part = "consumer"

    init(_ decisions: SharedOutcomes, _ faults: Faults, _ readiness: Readiness, log: Logger) {
        self.decisions = decisions
        self.faults = faults
        self.readiness = readiness
        self.log = log
        readiness.set(InventoryConsumer.part, missing: "the broker")
        readiness.missingState = "the stock, which is yet to be rebuilt from the log"
    }

    // MARK: Getting to work

    func connected(_ connection: AMQPConnection) async throws(AMQPError) {
        try connection.openChannel(InventoryConsumer.channel)
        try OrderLog.declare(connection, on: InventoryConsumer.channel, readiness: readiness, log: log)
    }

    /// - Returns: whether the lease is held, and the inventory rebuilt.
    private func ask(_ connection: AMQPConnection, _ now: EventLoop.Nanoseconds) async throws(AMQPError) -> Bool {
        guard try lease.ask(connection, on: InventoryConsumer.channel, at: now) else {
            if !lease.isHeld && readiness.condition != "standby" {
                log.info("another instance is at work: standing by")
                readiness.condition = "standby"
                readiness.set(InventoryConsumer.part, missing: "the lease, which another instance holds")
                readiness.missingState = "the stock, about which another instance decides"
            }
            return lease.isHeld
        }
        readiness.condition = "starting"
        // Before the log is read: the broker may block the connection meanwhile, and then answers no call.
        try connection.selectConfirms(InventoryConsumer.channel)
        try await rebuild(connection)
        tellWhetherBlocked(connection)
        readiness.set(InventoryConsumer.part, missing: nil)
        return true
    }

    private func consume(_ connection: AMQPConnection) throws(AMQPError) {
        guard !isConsuming else { return }
        try connection.consume(
            OrderTopology.inventoryQueue, on: InventoryConsumer.channel, prefetch: InventoryConsumer.prefetch)
        isConsuming = true
    }

    private func rebuild(_ connection: AMQPConnection) async throws(AMQPError) {
        let stock = "the stock, which is being rebuilt from the log"
        readiness.set(InventoryConsumer.part, missing: stock)
        readiness.missingState = stock
        var rebuilt = decisions.untouched
        _ = try await OrderLog.rebuild(
            connection, spare: InventoryConsumer.spare, kinds: [.reserved, .failed], readiness: readiness, log: log
        ) { event, _ in
            rebuilt.restore(event)
        }
        decisions.replace(rebuilt)
        readiness.missingState = nil
    }

    /// The broker may have said so while the log was read.
    private func tellWhetherBlocked(_ connection: AMQPConnection) {
        readiness.set("blocked", connection.isBlocked ? .blocked : .ready)
        guard connection.isBlocked else { return }
        log.warning("the broker takes nothing, since it is short of memory or disk")
    }

    // MARK: Working

    func take(_ commands: [Never], _ connection: AMQPConnection) throws(AMQPError) {}

    func take(_ event: AMQPEvent, _ connection: AMQPConnection) throws(AMQPError) {
        switch event {
        case .delivery(let delivery):
            guard !connection.mustStop else { return }
            deliveries.add(delivery.tag)
            waiting.append(delivery)
        case .confirmed(_, let tag, let multiple): confirm(tag, multiple, isRefusal: false)
        case .refused(_, let tag, let multiple): confirm(tag, multiple, isRefusal: true)
        case .returned(_, let messageID): outcomes.returned(messageID: messageID)
        case .blocked, .unblocked: tellWhetherBlocked(connection)
        }
    }

    private func confirm(_ tag: UInt64, _ multiple: Bool, isRefusal: Bool) {
        outcomes.confirm(tag, multiple: multiple, isRefusal: isRefusal) { outcome, verdict in
            if verdict == .confirmed {
                deliveries.complete(outcome.tag)
            } else {
                rejected.append(outcome)
                retryAt = EventLoop.now() &+ InventoryConsumer.pause
            }
        }
    }

    func turn(_ connection: AMQPConnection) async throws(AMQPError) -> EventLoop.Nanoseconds? {
        let now = EventLoop.now()
        guard lease.isHeld || !connection.mustStop, try await ask(connection, now) else { return lease.deadline }
        // It reads nothing now: outcomes would fill the socket, and no call would be answered.
        guard !connection.isBlocked else { return nil }
        try consume(connection)
        try publishAgain(connection, now)
        let faultEnds = try work(connection, now)
        try acknowledge(connection)
        return [faultEnds, deliveries.deadline, rejected.isEmpty ? nil : retryAt].compactMap { $0 }.min()
    }

    /// - Returns: when to look again at messages that a fault holds back.
    private func work(
        _ connection: AMQPConnection, _ now: EventLoop.Nanoseconds
    ) throws(AMQPError) -> EventLoop.Nanoseconds? {
        while !connection.mustStop, let delivery = waiting.first {
            let placed = Result { () throws(MalformedMessage) in
                try OrderMessage(delivery.message, routingKey: delivery.routingKey, expecting: [.placed])
            }
            if let until = isHeldBack(placed, now) { return min(until, now &+ 100_000_000) }
            waiting.popFirst()
            switch placed {
            case .success(let placed): try decide(placed, delivery, connection)
            case .failure(let problem): try reject(delivery, problem, connection)
            }
        }
        return nil
    }

    private func decide(
        _ placed: OrderMessage, _ delivery: AMQPDelivery, _ connection: AMQPConnection
    ) throws(AMQPError) {
        let publication = decisions.decide(placed).publication
        // If an outcome cannot be encoded, only its order is rejected. A lost connection would bring it again and again.
        if let problem = publication.problem {
            return try reject(delivery, MalformedMessage(problem), connection)
        }
        try publish(Outcome(publication: publication, tag: delivery.tag), connection)
    }

    /// Until when a fault holds a message back; `nil` if none does.
    ///
    /// What was decided before is told again without a delay: orders are sent again when inventory is slow, and must not
    /// make it slower.
    private func isHeldBack(
        _ placed: Result<OrderMessage, MalformedMessage>, _ now: EventLoop.Nanoseconds
    ) -> EventLoop.Nanoseconds? {
        let (delay, fails) = (faults.delaySeconds, faults.fails)
        if delay > 0, !fails, case .success(let placed) = placed, decisions.hasDecided(placed) { return nil }
        guard case .hold(let until) = messageFaults.decide(at: now, delaySeconds: delay, fails: fails) else {
            return nil
        }
        return until
    }

    private func acknowledge(_ connection: AMQPConnection, isLast: Bool = false) throws(AMQPError) {
        guard let tag = deliveries.acknowledgement(at: EventLoop.now(), isLast: isLast) else { return }
        try connection.acknowledge(tag, multiple: true, on: InventoryConsumer.channel)
    }

    private func publish(_ outcome: Outcome, _ connection: AMQPConnection) throws(AMQPError) {
        outcomes.publish(outcome, messageID: outcome.publication.message.messageID)
        try connection.publish(outcome.publication, on: InventoryConsumer.channel)
    }

    private func reject(
        _ delivery: AMQPDelivery, _ problem: MalformedMessage, _ connection: AMQPConnection
    ) throws(AMQPError) {
        log.warning(
            "a message went to the dead letters",
            [
                .queue: OrderTopology.inventoryQueue, .messageID: delivery.message.messageID ?? "",
                .error: problem.description,
            ])
        deliveries.reject(delivery.tag)
        try connection.reject(delivery.tag, on: InventoryConsumer.channel)
    }

    /// Bindings may have been deleted: they are declared again before outcomes are tried once more.
    private func publishAgain(_ connection: AMQPConnection, _ now: EventLoop.Nanoseconds) throws(AMQPError) {
        guard !rejected.isEmpty, retryAt <= now else { return }
        log.warning("outcomes that the broker did not take are published again", [.count: "\(rejected.count)"])
        try connection.declare(OrderTopology.all, on: InventoryConsumer.channel)
        let outcomes = rejected
        rejected = []
        for outcome in outcomes { try publish(outcome, connection) }
    }

    // MARK: Stopping

    /// Orders that are in hand and not decided go back to the queue.
    func finish(_ connection: AMQPConnection) throws(AMQPError) -> Bool {
        guard outcomes.count == 0 else { return false }
        try acknowledge(connection, isLast: true)
        return true
    }

    func disconnected(_ error: AMQPError) {
        lease.lose()
        isConsuming = false
        waiting.removeAll()
        deliveries = DeliveryLedger()
        outcomes = ConfirmLedger()
        rejected = []
        messageFaults.clear()
        readiness.set("blocked", missing: nil)
        readiness.condition = "starting"
        readiness.set(InventoryConsumer.part, error.state)
    }

    func refuse(_ commands: [Never]) {}
}
