internal import Containers
public import ServiceKit
internal import Synchronization

/// What a service does with the messages of its queue.
///
/// Everything is called on the consumer's thread.
public protocol AMQPConsumerHandler: AnyObject, Sendable {
    /// A connection is open: declares what it needs, and does what must be done before the first message.
    ///
    /// - Parameters:
    ///   - channel: the channel that is open.
    ///   - spare: one that is not.
    func prepare(_ connection: AMQPConnection, channel: UInt16, spare: UInt16) async throws(AMQPError)
    /// Whether messages may be consumed; asked again and again. When it is over, the queue is left to others.
    var mayConsume: Bool { get }
    /// Works on a message.
    ///
    /// - Throws: ``MalformedMessage`` if nobody can; it goes to the dead letters.
    func handle(_ delivery: AMQPDelivery) throws(MalformedMessage)
    /// Is told what is needed before messages are worked on.
    func stateChanged(_ state: AMQPState)
}

/// Consumes a queue on a thread of its own: handles messages one after another, acknowledges many at once.
public final class AMQPConsumer: Sendable {
    private let worker: AMQPWorker<ConsumerRole>

    /// Starts connecting.
    ///
    /// - Parameters:
    ///   - prefetch: so many messages are fetched ahead.
    ///   - faults: held back as they say.
    public init(
        _ queue: String, _ address: AMQPAddress, name: String, prefetch: UInt16 = 500,
        faults: Faults, log: Logger, _ handler: any AMQPConsumerHandler
    ) {
        let role = ConsumerRole(queue, prefetch, faults, log, handler)
        worker = AMQPWorker(name, address, role, log: log)
    }

    /// Takes no message any more, from now on; those that were fetched ahead are left to the queue.
    public func beginStopping() { worker.beginStopping() }

    /// Acknowledges what is done and closes the connection; what was fetched ahead goes back to the queue.
    public func close(on loop: EventLoop, until deadline: EventLoop.Nanoseconds) async {
        await worker.stop(on: loop, until: deadline)
    }
}

/// The consumer on its worker's thread.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread.
final class ConsumerRole: AMQPRole, @unchecked Sendable {
    typealias Command = Never

    private let queue: String
    private let prefetch: UInt16
    private let faults: Faults
    private let log: Logger
    private let handler: any AMQPConsumerHandler
    private var waiting = Deque<AMQPDelivery>()
    private var messageFaults = MessageFaults()
    private var isConsuming = false
    private var deliveries = DeliveryLedger()
    private static let (channel, spare): (UInt16, UInt16) = (1, 2)
    static let pauseSeconds = 0.003

    init(
        _ queue: String, _ prefetch: UInt16, _ faults: Faults, _ log: Logger,
        _ handler: any AMQPConsumerHandler
    ) {
        self.queue = queue
        self.prefetch = prefetch
        self.faults = faults
        self.log = log
        self.handler = handler
        handler.stateChanged(.waiting("the broker"))
    }

    func connected(_ connection: AMQPConnection) async throws(AMQPError) {
        try connection.openChannel(ConsumerRole.channel)
        try await handler.prepare(connection, channel: ConsumerRole.channel, spare: ConsumerRole.spare)
        isConsuming = false
        handler.stateChanged(.ready)
    }

    func take(_ commands: [Never], _ connection: AMQPConnection) throws(AMQPError) {}

    func take(_ event: AMQPEvent, _ connection: AMQPConnection) throws(AMQPError) {
        guard case .delivery(let delivery) = event, !connection.mustStop else { return }
        deliveries.add(delivery.tag)
        waiting.append(delivery)
    }

    func turn(_ connection: AMQPConnection) async throws(AMQPError) -> EventLoop.Nanoseconds? {
        guard !connection.mustStop else { return nil }
        let now = EventLoop.now()
        guard handler.mayConsume else {
            guard isConsuming else { return now &+ 20_000_000 }
            try acknowledge(connection, isLast: true)
            throw AMQPError(.cancelled, "another instance may be at work")
        }
        if !isConsuming {
            // The log was read on this connection, for which a message was published: a broker that is short of memory
            // answers no call now.
            guard !connection.isBlocked else { return nil }
            try connection.consume(queue, on: ConsumerRole.channel, prefetch: prefetch)
            isConsuming = true
        }
        while let delivery = waiting.first {
            let decision = messageFaults.decide(at: now, delaySeconds: faults.delaySeconds, fails: faults.fails)
            if case .hold(let until) = decision {
                try acknowledge(connection)
                // Looked at again soon, for the fault may be changed meanwhile.
                let soon = min(until, now &+ 100_000_000)
                return min(soon, deliveries.deadline ?? soon)
            }
            waiting.popFirst()
            try handle(delivery, connection)
        }
        try acknowledge(connection)
        return deliveries.deadline
    }

    private func handle(_ delivery: AMQPDelivery, _ connection: AMQPConnection) throws(AMQPError) {
        do throws(MalformedMessage) {
            try handler.handle(delivery)
            deliveries.complete(delivery.tag)
        } catch {
            log.warning(
                "a message went to the dead letters",
                [.queue: queue, .messageID: delivery.message.messageID ?? "", .error: error.description])
            deliveries.reject(delivery.tag)
            try connection.reject(delivery.tag, on: ConsumerRole.channel)
        }
    }

    private func acknowledge(_ connection: AMQPConnection, isLast: Bool = false) throws(AMQPError) {
        guard let tag = deliveries.acknowledgement(at: EventLoop.now(), isLast: isLast) else { return }
        try connection.acknowledge(tag, multiple: true, on: ConsumerRole.channel)
    }

    func finish(_ connection: AMQPConnection) throws(AMQPError) -> Bool {
        try acknowledge(connection, isLast: true)
        return true
    }

    func disconnected(_ error: AMQPError) {
        waiting.removeAll()
        messageFaults.clear()
        deliveries = DeliveryLedger()
        handler.stateChanged(error.state)
    }

    func refuse(_ commands: [Never]) {}
}
