internal import AMQPClient
internal import AsyncAPI
internal import CampusModel
internal import StrictJSON
internal import Tracing
internal import Workflow

extension AsyncAPI {
    /// Describes the messages of a kind, as ``OrderMessage/publication`` makes them.
    static func message(_ kind: OrderEvent.Kind) -> Message {
        Message(
            kind.rawValue, summary: kind.summary, contentType: kind.sample.contentType,
            headers: .object(headers(kind)), payload: .object(fields(kind)),
            correlation: ("$message.payload#/order_id", "All messages about one order have the same."),
            bindings: [Detail("messageType", .string(kind.rawValue))],
            extensions: [Detail("x-amqp-properties", .object(properties(kind)))])
    }

    /// The identifiers of the two messages about one order that descriptions show.
    private static let exampleIDs: (placed: OrderID, outcome: OrderID) = {
        let placed = OrderID(OrderFields.exampleID)?.named("placed") ?? .random()
        return (placed, MessageID.uuid(placed).derived("outcome"))
    }()

    private static func messageID(_ kind: OrderEvent.Kind, _ meaning: String) -> JSONSchema.Property {
        let example = kind == .placed ? exampleIDs.placed : exampleIDs.outcome
        return .init("message_id", JSONSchema(Order.idSchema.kind, meaning, example: .string("\(example)")))
    }

    private static func fields(_ kind: OrderEvent.Kind) -> [JSONSchema.Property] {
        let cause = JSONSchema.string(
            "The `message_id` that asked. It may be any text, if a sender from outside asked.", lengths: 1...255,
            example: "\(exampleIDs.placed)")
        return OrderEvent.properties(kind, timestamp: "When the order was placed")
            + [messageID(kind, "Identifies the message: a copy of it has the same.")]
            + (kind == .placed ? [] : [.init("cause", cause)])
    }

    private static func headers(_ kind: OrderEvent.Kind) -> [JSONSchema.Property] {
        let key = ContextSchemas.idempotencyKey
        return [
            .init(
                RequestContext.Header.idempotencyKey, kind == .placed ? key : ContextSchemas.handedOn(key, limit: 255),
                isRequired: false),
            .init(RequestContext.Header.traceparent, ContextSchemas.traceparent),
            .init(RequestContext.Header.tracestate, ContextSchemas.tracestate, isRequired: false),
        ]
    }

    /// The basic properties of AMQP 0-9-1, for which AsyncAPI has no place.
    private static func properties(_ kind: OrderEvent.Kind) -> [JSONSchema.Property] {
        let requestID = ContextSchemas.requestID
        return [
            .init("content_type", .choice([kind.sample.contentType], "What the body is.")),
            .init("delivery_mode", .integer("Persistent.", in: 2...2, example: 2)),
            messageID(kind, "The same as in the body."),
            .init("type", .choice([kind.rawValue], "The same as in the body.")),
            .init("timestamp", .count("When it was published, in whole seconds since 1970.", example: 1_795_824_000)),
            .init(
                "correlation_id", kind == .placed ? requestID : ContextSchemas.handedOn(requestID, limit: 255),
                isRequired: kind == .placed),
        ]
    }

    /// A message that ended in the dead-letter queue, with what the broker adds to it.
    static let deadLetter = Message(
        "DeadLetter",
        summary: "A message that no consumer can read, or that was delivered too often without an acknowledgement.",
        text:
            "Body, properties and headers are the message's own, whatever they are. The broker adds headers that say where it "
            + "comes from and why.",
        headers: .object(
            [
                .init("x-death", .array(of: death, "Where it was rejected; the newest is the first.")),
                .init(
                    "x-first-death-exchange",
                    .string(
                        "What it was published to first; empty for the default exchange.",
                        example: OrderTopology.exchange)),
                .init("x-first-death-queue", .choice(workingQueues, "The queue that it was rejected from first.")),
                .init("x-first-death-reason", reason),
            ], others: .ignored))

    private static let death = JSONSchema.object(
        [
            .init("queue", .choice(workingQueues, "The queue that it was rejected from.")),
            .init("reason", reason),
            .init("count", .integer("How often.", in: 1...Int.max, example: 1)),
            .init("exchange", .string("What it was published to.", example: OrderTopology.exchange)),
            .init(
                "routing-keys",
                .array(of: .string(example: OrderTopology.routingKey(.placed)), "What it was published with.")),
            .init("time", .count("When, in seconds since 1970.", example: 1_795_824_000)),
        ], others: .ignored)

    private static let reason = JSONSchema.choice(
        ["rejected", "delivery_limit"], "A consumer rejected it, or 50 deliveries did not help.")

    /// The queues whose messages can become dead letters.
    private static let workingQueues = OrderTopology.all.queues.filter { queue in
        queue.arguments.contains(.init("x-dead-letter-exchange", .text(OrderTopology.deadLetterExchange)))
    }.map(\.name)
}

extension OrderEvent.Kind {
    /// A message of this kind on its way to the exchange.
    fileprivate var sample: AMQPPublication {
        let order = Order(item: Order.menu[0], quantity: 1)
        let context = RequestContext(requestID: nil)
        return OrderMessage(OrderEvent(self, order), id: .uuid(order.id), context: context).publication
    }
}
