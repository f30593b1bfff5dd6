public import AMQPClient
public import Journal
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
    /// The stream that is OrderService's journal.
    public static let orderJournal = "orders_log"
    /// The stream that is InventoryService's journal.
    public static let inventoryJournal = "inventory_log"
    /// The stream that is NotificationService's journal.
    public static let notificationJournal = "notifications_log"
    /// Whoever consumes it is the one InventoryService at work.
    public static let inventoryLease = "inventory_lease"
    /// Whoever consumes it is the one OrderService at work.
    public static let orderLease = "order_lease"
    /// Whoever consumes it is the one NotificationService at work.
    public static let notificationLease = "notification_lease"
    /// The fanout exchange for what cannot be used.
    public static let deadLetterExchange = "dlx_exchange"
    /// The queue that it ends up in.
    public static let deadLetterQueue = "dlq_queue"

    /// How many orders, outcomes and notifications each service remembers at least, the newest ones. Orders without an outcome
    /// are always remembered.
    public static let remembered = 1_000_000

    /// The names that a service works with.
    public static func names(journal: String, lease: String, queue: String) -> JournalNames {
        let journals = [orderJournal, inventoryJournal, notificationJournal]
        return JournalNames(
            journal: journal, lease: lease, queue: queue, others: journals.filter { $0 != journal }, topology: all)
    }

    /// The key that an event is published with.
    public static func routingKey(_ kind: OrderEvent.Kind) -> String {
        switch kind {
        case .placed: "order.placed"
        case .reserved: "inventory.reserved"
        case .failed: "inventory.failed"
        }
    }

    /// What each service declares after each connection. The journals are bound to no exchange: only their writers publish to them.
    public static let all = AMQPTopology(
        exchanges: [.init(exchange, type: "topic"), .init(deadLetterExchange, type: "fanout")],
        queues: [
            .init(orderJournal, journal), .init(inventoryJournal, journal), .init(notificationJournal, journal),
            .init(orderLease, lease), .init(inventoryLease, lease), .init(notificationLease, lease),
            .init(deadLetterQueue, [.init("x-queue-type", .text("quorum"))]),
            .init(inventoryQueue, working), .init(notificationQueue, working), .init(statusQueue, working),
        ],
        bindings: [
            .init(deadLetterQueue, to: deadLetterExchange, key: ""),
            .init(inventoryQueue, to: exchange, key: routingKey(.placed)),
            .init(notificationQueue, to: exchange, key: routingKey(.reserved)),
            .init(statusQueue, to: exchange, key: routingKey(.reserved)),
            .init(statusQueue, to: exchange, key: routingKey(.failed)),
        ])

    /// Old segments are dropped when a new one begins and there are more bytes. A snapshot is written more often than that.
    private static let journal: [AMQPMessage.Header] = [
        .init("x-queue-type", .text("stream")),
        .init("x-max-length-bytes", .integer(1_000_000_000)),
        .init("x-stream-max-segment-size-bytes", .integer(50_000_000)),
    ]
    private static let lease: [AMQPMessage.Header] = [.init("x-queue-type", .text("classic"))]

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
