internal import AMQPClient
internal import ServiceKit

/// Brings the outcomes from their queue to the desk, once that is open.
final class OutcomeFeed: AMQPConsumerHandler {
    private let desk: OrderDesk
    private let readiness: Readiness
    private let log: Logger

    init(_ desk: OrderDesk, _ readiness: Readiness, log: Logger) {
        self.desk = desk
        self.readiness = readiness
        self.log = log
    }

    func prepare(_ connection: AMQPConnection, channel: UInt16, spare: UInt16) throws(AMQPError) {
        try connection.declare(OrderTopology.all, on: channel)
    }

    /// What the log tells comes first, so that orders stand in the list as they were placed.
    var mayConsume: Bool { desk.isOpen }

    func handle(_ delivery: AMQPDelivery) throws(MalformedMessage) {
        desk.settle(
            try OrderEvent(delivery.message, routingKey: delivery.routingKey, expecting: [.reserved, .failed]))
    }

    func stateChanged(_ state: AMQPState) { readiness.set("consumer", state) }
}
