internal import AMQPClient
public import AsyncAPI
internal import StrictJSON
internal import Workflow

extension AsyncAPI {
    /// What the three services send each other through RabbitMQ: the content of `asyncapi.json`.
    ///
    /// Names, keys and queues are those of ``OrderTopology``, fields those of ``OrderMessage``.
    public static let orderMessages = AsyncAPI(
        title: "Campus food ordering: Part B, RabbitMQ",
        text:
            "The messages between OrderService, InventoryService and NotificationService: what they send exactly, and in "
            + "words what they take beyond that. Everything is durable, every message is persistent, and every publish waits "
            + "for a publisher confirm. A message is delivered at least once: a consumer knows a copy by `message_id`, and an "
            + "order by `order_id`. The journals (`*_log`) and leases (`*_lease`) are the services' own memory and are not "
            + "described here: see the README.",
        server: Server(
            host: "127.0.0.1:5672", scheme: "amqp", version: "0-9-1",
            text: "The broker that ./lab starts, or the one that RABBITMQ_URL names; the virtual host is /."),
        binding: ("amqp", "0.3.0"), messages: OrderEvent.Kind.allCases.map(message) + [deadLetter],
        channels: OrderEvent.Kind.allCases.map(channel) + queues(ofDeadLetters: false) + [deadLetterExchange]
            + queues(ofDeadLetters: true),
        operations: operations)

    // MARK: Channels

    /// What is published with the routing key of a kind.
    private static func channel(_ kind: OrderEvent.Kind) -> Channel {
        let key = OrderTopology.routingKey(kind)
        return Channel(
            key, address: key, summary: "What is published with the routing key \(key).", messages: [kind.rawValue],
            bindings: [Detail("is", .string("routingKey"))] + exchange(OrderTopology.exchange))
    }

    private static let deadLetterExchange = Channel(
        OrderTopology.deadLetterExchange, address: nil,
        summary: "Where the broker publishes what a consumer has rejected.",
        text:
            "A dead letter keeps its routing key, whatever that was; the queue \(OrderTopology.deadLetterQueue) gets all.",
        messages: [deadLetter.name],
        bindings: [Detail("is", .string("routingKey"))] + exchange(OrderTopology.deadLetterExchange))

    private static func queues(ofDeadLetters: Bool) -> [Channel] {
        OrderTopology.all.queues.filter { ($0.name == OrderTopology.deadLetterQueue) == ofDeadLetters }
            .compactMap(channel)
    }

    /// A queue of messages, with what its bindings bring to it; `nil` for journals and leases.
    private static func channel(_ queue: AMQPTopology.Queue) -> Channel? {
        let bindings = OrderTopology.all.bindings.filter { $0.queue == queue.name }
        guard !bindings.isEmpty else { return nil }
        let isForDeadLetters = queue.name == OrderTopology.deadLetterQueue
        let kinds = OrderEvent.Kind.allCases.filter { kind in
            bindings.contains { $0.key == OrderTopology.routingKey(kind) }
        }
        let keys = kinds.map(OrderTopology.routingKey).joined(separator: " and ")
        return Channel(
            queue.name, address: queue.name,
            summary: isForDeadLetters
                ? "What no consumer could use."
                : "Bound to \(OrderTopology.exchange) with \(keys).",
            text: isForDeadLetters
                ? "Nothing is lost on the way here: the working queues dead-letter at least once."
                : "What a consumer rejects, and what was delivered too often without an acknowledgement, goes to "
                    + "\(OrderTopology.deadLetterExchange), and so to \(OrderTopology.deadLetterQueue).",
            messages: isForDeadLetters ? [deadLetter.name] : kinds.map(\.rawValue),
            bindings: [
                Detail("is", .string("queue")),
                Detail(
                    "queue",
                    .object([.init("name", .string(queue.name))] + durable + [.init("exclusive", .bool(false))])),
            ],
            extensions: [Detail("x-queue-arguments", .object(queue.arguments.map(argument)))])
    }

    private static func exchange(_ name: String) -> [Detail] {
        OrderTopology.all.exchanges.filter { $0.name == name }.map { exchange in
            Detail(
                "exchange",
                .object([.init("name", .string(exchange.name)), .init("type", .string(exchange.type))] + durable))
        }
    }

    /// What holds for every exchange and queue of the lab.
    private static let durable: [JSONValue.Member] = [
        .init("durable", .bool(true)), .init("autoDelete", .bool(false)), .init("vhost", .string("/")),
    ]

    private static func argument(_ header: AMQPMessage.Header) -> JSONValue.Member {
        switch header.value {
        case .text(let text): .init(header.name, .string(text))
        case .integer(let number): .init(header.name, .integer(Int(number)))
        }
    }

    // MARK: Operations

    private static let operations = [
        send(
            "orderServiceSendsOrders", "OrderService", .placed, "Publishes each order before the client gets its 202."),
        receive(
            "inventoryServiceReceivesOrders", "InventoryService", [.placed], OrderTopology.inventoryQueue,
            "Decides about an order, once, and publishes the outcome before it acknowledges the order."),
        send(
            "inventoryServiceSendsReservations", "InventoryService", .reserved,
            "Tells that an order's quantity is held. A repeated order has the same outcome again, under the same message_id."
        ),
        send(
            "inventoryServiceSendsFailures", "InventoryService", .failed,
            "Tells that nothing is held for an order, and why."),
        receive(
            "notificationServiceReceivesReservations", "NotificationService", [.reserved],
            OrderTopology.notificationQueue, "Notifies the student, once for each order."),
        receive(
            "orderServiceReceivesOutcomes", "OrderService", [.reserved, .failed], OrderTopology.statusQueue,
            "Learns what became of an order; the first outcome is final."),
    ]

    private static func send(_ name: String, _ service: String, _ kind: OrderEvent.Kind, _ summary: String) -> Operation
    {
        Operation(
            name, service, .send, [kind.rawValue], on: OrderTopology.routingKey(kind), summary: summary,
            text: "It is published as mandatory: a message that no queue takes comes back.",
            bindings: [Detail("deliveryMode", .integer(2)), Detail("timestamp", .bool(true))])
    }

    private static func receive(
        _ name: String, _ service: String, _ kinds: [OrderEvent.Kind], _ queue: String, _ summary: String
    ) -> Operation {
        Operation(
            name, service, .receive, kinds.map(\.rawValue), on: queue, summary: summary,
            text: OrderEvent.tolerance
                + " Then the routing key or the property `type` tells what has happened, and the property `timestamp` when. "
                + "`message_id` must stand in the property or in the body. A message that still cannot be read is rejected, "
                + "and becomes a dead letter.",
            bindings: [Detail("ack", .bool(true))])
    }
}
