internal import CRdKafka
internal import Glibc
public import ServiceKit

/// What is done with a broker before it is worked with: its topics are made, and its kind is found out.
public enum Cluster {
    /// What a broker can do.
    public enum Kind: Sendable, Equatable {
        /// Apache Kafka: transactions, fencing, `read_committed`.
        case kafka
        /// librdkafka's mock cluster: it answers all requests of a transaction, but keeps none of its promises.
        case embedded
    }

    /// Finds out the broker's kind by its cluster's name, and makes the topics that are missing. Blocks.
    ///
    /// Kafka's names are 22 characters of base64 that `kafka-storage` or ZooKeeper chose; only librdkafka's mock cluster
    /// calls itself `mockCluster…`. So no real Kafka is ever taken for less than it is.
    ///
    /// - Parameters:
    ///   - topics: each with its number of partitions.
    /// - Throws: ``KafkaError`` where the broker does not answer, or a topic is still missing.
    public static func prepare(
        _ settings: KafkaSettings, topics: [(name: String, partitions: Int)], log: Logger
    ) throws(KafkaError) -> Kind {
        let handle = try KafkaHandle(
            RD_KAFKA_PRODUCER, settings, [], fixed: [("allow.auto.create.topics", "true")], log: log)
        defer { handle.destroy() }
        guard let text = rd_kafka_clusterid(handle.raw, 3000) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, while: "asking for the cluster's name")
        }
        let kind: Kind = String(cString: text).hasPrefix("mockCluster") ? .embedded : .kafka
        rd_kafka_mem_free(handle.raw, text)
        // The mock cluster knows no CreateTopics; it makes a topic when it is asked about it.
        if kind == .kafka { try create(topics, handle) }
        for (name, partitions) in topics { try check(name, partitions, handle) }
        return kind
    }

    private static func create(_ topics: [(name: String, partitions: Int)], _ handle: KafkaHandle) throws(KafkaError) {
        let options = rd_kafka_AdminOptions_new(handle.raw, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, 5000, nil, 0)
        let queue = rd_kafka_queue_new(handle.raw)
        defer { rd_kafka_queue_destroy(queue) }
        var wanted: [OpaquePointer?] = []
        for (name, partitions) in topics {
            wanted.append(rd_kafka_NewTopic_new(name, Int32(clamping: partitions), 1, nil, 0))
        }
        defer { for topic in wanted { rd_kafka_NewTopic_destroy(topic) } }
        rd_kafka_CreateTopics(handle.raw, &wanted, wanted.count, options, queue)
        guard let event = rd_kafka_queue_poll(queue, 6000) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, while: "creating topics")
        }
        defer { rd_kafka_event_destroy(event) }
        try KafkaError.check(rd_kafka_event_error(event), while: "creating topics")
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        for index in 0..<count {
            let code = rd_kafka_topic_result_error(results?[index])
            // Three services start at once, and each makes all topics.
            if code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { try KafkaError.check(code, while: "creating topics") }
        }
    }

    /// A topic that was just created has no leaders for a moment.
    private static func check(_ name: String, _ partitions: Int, _ handle: KafkaHandle) throws(KafkaError) {
        guard let topic = rd_kafka_topic_new(handle.raw, name, nil) else {
            throw KafkaError(rd_kafka_last_error(), while: "looking at \(name)")
        }
        defer { rd_kafka_topic_destroy(topic) }
        let end = EventLoop.now() &+ 5_000_000_000
        while try handle.metadata(topic: topic, milliseconds: 3000) < partitions {
            guard EventLoop.now() < end else {
                throw KafkaError(code: -1, "\(name) has fewer than \(partitions) partitions", isRetriable: true)
            }
            usleep(20_000)
        }
    }
}
