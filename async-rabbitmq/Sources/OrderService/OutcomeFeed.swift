internal import AMQPClient
internal import OrderMessages
internal import ServiceKit
internal import Workflow

/// Brings the outcomes from their queue to the orders, once these are known.
final class OutcomeFeed: AMQPConsumerHandler {
    private let orders: Orders
    private let readiness: Readiness
    private let log: Logger

    init(_ orders: Orders, _ readiness: Readiness, log: Logger) {
        self.orders = orders
        self.readiness = readiness
        self.log = log
    }

    func prepare(_ connection: AMQPConnection, channel: UInt16, spare: UInt16) async throws(AMQPError) {
        try connection.declare(OrderTopology.all, on: channel)
    }

    /// What the log tells comes first, so that orders stand in the list as they were placed.
    var mayConsume: Bool { orders.mayPlace }

    func handle(_ delivery: AMQPDelivery) throws(MalformedMessage) {
        orders.takeOutcome(
            try OrderMessage(delivery.message, routingKey: delivery.routingKey, expecting: [.reserved, .failed]))
    }

    func stateChanged(_ state: AMQPState) { readiness.set("consumer", state) }
}
