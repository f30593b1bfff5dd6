public import AsyncAPI
internal import KafkaClient
internal import StrictJSON
internal import Workflow

extension AsyncAPI {
    /// What the three services write to Kafka and read from it: the content of `asyncapi.json`.
    ///
    /// Topics and groups are those of ``OrderTopics`` and ``OrderGroups``, fields those of `OrderEvent`.
    public static let orderRecords = AsyncAPI(
        title: "Campus food ordering: Part C, Kafka",
        text:
            "The records that ProducerOrder, InventoryConsumer and AnalyticsConsumer write and read: what they write exactly, "
            + "and in words what they take beyond that. The key of a record is the `order_id`, so that all records about one "
            + "order of a topic stand in one partition, in order. On a real Kafka an outcome and the offset of its order are "
            + "committed in one transaction; all readers read committed.",
        server: Server(
            host: "127.0.0.1:9092", scheme: "kafka",
            text: "The broker that ./lab starts, or the one that KAFKA_BOOTSTRAP names."),
        binding: ("kafka", "0.5.0"), messages: OrderEvent.Kind.allCases.map(message) + [deadLetter],
        channels: OrderTopics.all.map(channel), operations: operations)

    // MARK: Channels

    private static func channel(_ topic: Cluster.Topic) -> Channel {
        let (summary, messages) =
            switch topic.name {
            case OrderTopics.orders: ("Orders that were placed.", kinds([.placed]))
            case OrderTopics.outcomes: ("What became of them: one outcome an order.", kinds([.reserved, .failed]))
            default: ("Copies of what InventoryConsumer could not read.", [deadLetter.name])
            }
        return Channel(
            topic.name, address: topic.name, summary: summary, messages: messages,
            bindings: [
                Detail("partitions", .integer(topic.partitions)),
                Detail("topicConfiguration", .object(TopicSettings.wanted.map(setting))),
            ])
    }

    /// A setting as the binding wants it: a number as a number, and `cleanup.policy` as a list.
    private static func setting(_ name: String, _ value: String) -> JSONValue.Member {
        JSONValue.Member(name, Int(value).map { .integer($0) } ?? .array([.string(value)]))
    }

    private static func kinds(_ kinds: [OrderEvent.Kind]) -> [String] { kinds.map(\.rawValue) }

    // MARK: Operations

    private static let operations = [
        send(
            "producerOrderSendsOrders", "ProducerOrder", kinds([.placed]), OrderTopics.orders,
            "Writes each order before the client gets its 201."),
        receive(
            "inventoryConsumerReceivesOrders", "InventoryConsumer", [.placed], OrderTopics.orders,
            OrderGroups.inventory,
            "Decides about an order, once."),
        send(
            "inventoryConsumerSendsOutcomes", "InventoryConsumer", kinds([.reserved, .failed]), OrderTopics.outcomes,
            "Tells whether an order's quantity is held."),
        send(
            "inventoryConsumerSendsDeadLetters", "InventoryConsumer", [deadLetter.name], OrderTopics.deadLetters,
            "Copies a record that it cannot read, and goes on behind it."),
        receive(
            "inventoryConsumerReceivesOutcomes", "InventoryConsumer", [.reserved, .failed], OrderTopics.outcomes, nil,
            "Reads its own outcomes again when it starts, and so knows the stock and the orders that are decided."),
        receive(
            "producerOrderReceivesOrders", "ProducerOrder", [.placed], OrderTopics.orders, nil,
            "Reads its orders again when it starts."),
        receive(
            "producerOrderReceivesOutcomes", "ProducerOrder", [.reserved, .failed], OrderTopics.outcomes, nil,
            "Learns what became of an order; the first outcome is final."),
        receive(
            "analyticsConsumerReceivesOrders", "AnalyticsConsumer", [.placed], OrderTopics.orders,
            OrderGroups.analytics,
            "Counts orders, from the beginning after each start and each reset."),
        receive(
            "analyticsConsumerReceivesOutcomes", "AnalyticsConsumer", [.reserved, .failed], OrderTopics.outcomes,
            OrderGroups.analytics, "Counts outcomes, from the beginning after each start and each reset."),
    ]

    private static func send(
        _ name: String, _ service: String, _ messages: [String], _ topic: String, _ summary: String
    ) -> Operation {
        Operation(name, service, .send, messages, on: topic, summary: summary)
    }

    /// - Parameter group: the group whose offsets it commits; `nil` if it commits none.
    private static func receive(
        _ name: String, _ service: String, _ kinds: [OrderEvent.Kind], _ topic: String, _ group: String?,
        _ summary: String
    ) -> Operation {
        Operation(
            name, service, .receive, kinds.map(\.rawValue), on: topic, summary: summary,
            text: OrderEvent.tolerance
                + " Then `status` or the topic tells what has happened, and the record's own time when. The key does not matter.",
            bindings: group.map { [Detail("groupId", .choice([$0]))] } ?? [])
    }
}
