public import AMQPClient
public import Workflow

/// The names that the three services agree on, as in `broker/definitions.json`.
public enum OrderTopology {
    /// The topic exchange that everything is published to.
    public static let exchange = "orders_exchange"
    /// The queue that inventory gets orders from.
    public static let inventoryQueue = "inventory_queue"
    /// The queue that the notification service gets reservations from.
    public static let notificationQueue = "notification_queue"
    /// The queue from which the order service learns what became of orders.
    public static let statusQueue = "order_status_queue"
    /// The stream of all that has happened, from which services rebuild what they knew.
    public static let log = "orders_log"
    /// Whoever consumes it is the one InventoryService at work; nothing is ever published to it.
    public static let inventoryLease = "inventory_lease"
    /// Whoever consumes it is the one OrderService at work; nothing is ever published to it.
    public static let orderLease = "order_lease"
    /// The fanout exchange for what cannot be used.
    public static let deadLetterExchange = "dlx_exchange"
    /// The queue that it ends up in.
    public static let deadLetterQueue = "dlq_queue"

    /// The key that an event is published with.
    public static func routingKey(_ kind: OrderEvent.Kind) -> String {
        switch kind {
        case .placed: "order.placed"
        case .reserved: "inventory.reserved"
        case .failed: "inventory.failed"
        }
    }

    /// Everything, in an order that matters: the log comes before the working queues. So if one of these exists and the log does
    /// not, the log has been lost.
    public static let all = AMQPTopology(
        exchanges: [.init(exchange, type: "topic"), .init(deadLetterExchange, type: "fanout")],
        queues: [
            .init(
                log,
                [
                    .init("x-queue-type", .text("stream")),
                    .init("x-max-length-bytes", .integer(2_000_000_000)),
                    .init("x-stream-max-segment-size-bytes", .integer(100_000_000)),
                ]),
            .init(inventoryLease, [.init("x-queue-type", .text("classic"))]),
            .init(orderLease, [.init("x-queue-type", .text("classic"))]),
            .init(deadLetterQueue, [.init("x-queue-type", .text("quorum"))]),
            .init(inventoryQueue, working), .init(notificationQueue, working), .init(statusQueue, working),
        ],
        bindings: [
            .init(log, to: exchange, key: routingKey(.placed)),
            .init(log, to: exchange, key: routingKey(.reserved)),
            .init(log, to: exchange, key: routingKey(.failed)),
            .init(deadLetterQueue, to: deadLetterExchange, key: ""),
            .init(inventoryQueue, to: exchange, key: routingKey(.placed)),
            .init(notificationQueue, to: exchange, key: routingKey(.reserved)),
            .init(statusQueue, to: exchange, key: routingKey(.reserved)),
            .init(statusQueue, to: exchange, key: routingKey(.failed)),
        ])

    /// Replicated, and nothing is dropped on the way to the dead letters; after 50 deliveries without an acknowledgement the broker moves
    /// a message to the dead letters.
    private static let working: [AMQPMessage.Header] = [
        .init("x-queue-type", .text("quorum")),
        .init("x-dead-letter-exchange", .text(deadLetterExchange)),
        .init("x-dead-letter-strategy", .text("at-least-once")),
        .init("x-overflow", .text("reject-publish")),
        .init("x-delivery-limit", .integer(50)),
    ]
}
