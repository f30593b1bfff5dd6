public import KafkaClient

/// The topics of the lab.
public enum OrderTopics {
    /// Orders that were placed, keyed by `order_id`.
    public static let orders = "order-events"
    /// What became of them, keyed by `order_id`.
    public static let outcomes = "inventory-events"
    /// Copies of what inventory could not read.
    public static let deadLetters = "order-events-dlq"
    /// How many partitions the first two have.
    public static let partitionCount = 3

    /// All of them with their number of partitions.
    public static let all = [
        Cluster.Topic(orders, partitions: partitionCount), Cluster.Topic(outcomes, partitions: partitionCount),
        Cluster.Topic(deadLetters, partitions: 1, mayHaveMore: true),
    ]

    /// The partitions of the first two.
    public static func partitions(of topics: [String]) -> [TopicPartition] {
        topics.flatMap { topic in (0..<Int32(partitionCount)).map { TopicPartition(topic, $0) } }
    }
}

/// The groups of the lab.
public enum OrderGroups {
    /// InventoryConsumer's.
    public static let inventory = "inventory-group"
    /// AnalyticsConsumer's.
    public static let analytics = "analytics-group"
}
