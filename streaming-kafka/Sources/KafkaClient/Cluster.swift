internal import CRdKafka
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

    /// A topic that must be there.
    public struct Topic: Sendable {
        /// Its name.
        public let name: String
        /// How many partitions it is made with.
        public let partitions: Int
        /// Whether it may have more of them, if somebody else has made it.
        public let mayHaveMore: Bool

        /// Names a topic. If its readers choose their partitions, it may not have more than they know of.
        public init(_ name: String, partitions: Int, mayHaveMore: Bool = false) {
            self.name = name
            self.partitions = partitions
            self.mayHaveMore = mayHaveMore
        }
    }

    /// Finds out the broker's kind by its cluster's name, and makes the topics that are missing.
    ///
    /// Kafka's names are 22 characters of base64 that `kafka-storage` or ZooKeeper chose; only librdkafka's mock cluster
    /// calls itself `mockCluster…`. So no real Kafka is ever taken for less than it is.
    ///
    /// - Parameters:
    ///   - rebuilding: the topics that the caller rebuilds its state from. If one of them may drop records, `readiness` and the
    ///     log warn of it.
    ///   - worker: the caller's own; its thread waits for the broker's answers.
    /// - Throws: ``KafkaError`` if the broker does not answer, or a topic is still missing, or has another number of partitions,
    ///   some of which nobody would read.
    public static func prepare(
        _ settings: KafkaSettings, topics: [Topic], rebuilding: [String] = [], _ readiness: Readiness? = nil,
        on worker: Worker, log: Logger
    ) async throws(KafkaError) -> Kind {
        let handle = try KafkaHandle(
            RD_KAFKA_PRODUCER, settings, [], fixed: [("allow.auto.create.topics", "true")], log: log)
        defer { handle.destroy() }
        guard let text = rd_kafka_clusterid(handle.raw, 3000) else {
            // Has librdkafka tell why the broker refuses this client, if it does.
            rd_kafka_poll(handle.raw, 0)
            throw handle.callbacks.mistake
                ?? KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, while: "asking for the cluster's name")
        }
        let kind: Kind = String(cString: text).hasPrefix("mockCluster") ? .embedded : .kafka
        rd_kafka_mem_free(handle.raw, text)
        // The mock cluster knows no CreateTopics; it makes a topic when it is asked about it.
        let mayCreate = kind == .kafka ? try create(topics, handle) : true
        for topic in topics { try await check(topic, handle, mayCreate: mayCreate, on: worker) }
        if kind == .kafka, let readiness, !rebuilding.isEmpty {
            let found = TopicSettings.ask(rebuilding, handle)
            for problem in rebuilding.flatMap({ TopicSettings.problems($0, found[$0] ?? [:]) }) {
                readiness.warn(problem)
                log.warning("a topic may drop what state is rebuilt from", [.detail: problem])
            }
        }
        return kind
    }

    /// - Returns: whether this client may make topics.
    private static func create(_ topics: [Topic], _ handle: KafkaHandle) throws(KafkaError) -> Bool {
        let options = rd_kafka_AdminOptions_new(handle.raw, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, 5000, nil, 0)
        let queue = rd_kafka_queue_new(handle.raw)
        defer { rd_kafka_queue_destroy(queue) }
        var wanted: [OpaquePointer?] = []
        for topic in topics {
            let new = rd_kafka_NewTopic_new(topic.name, Int32(clamping: topic.partitions), 1, nil, 0)
            for (name, value) in TopicSettings.wanted { rd_kafka_NewTopic_set_config(new, name, value) }
            wanted.append(new)
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
        var mayCreate = true
        for index in 0..<count {
            let code = rd_kafka_topic_result_error(results?[index])
            // Three services start at once, and each makes all topics. Who may make none can use those that are there.
            switch code {
            case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: break
            case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
                mayCreate = false
            default: try KafkaError.check(code, while: "creating topics")
            }
        }
        return mayCreate
    }

    /// A topic that was just created has no leaders for a moment.
    private static func check(
        _ wanted: Topic, _ handle: KafkaHandle, mayCreate: Bool, on worker: Worker
    ) async throws(KafkaError) {
        guard let topic = rd_kafka_topic_new(handle.raw, wanted.name, nil) else {
            throw KafkaError(rd_kafka_last_error(), while: "looking at \(wanted.name)")
        }
        defer { rd_kafka_topic_destroy(topic) }
        let end = EventLoop.now() &+ 5_000_000_000
        while true {
            let found = try handle.metadata(topic: topic, milliseconds: 3000)
            if found == wanted.partitions || found > wanted.partitions && wanted.mayHaveMore { return }
            guard found < wanted.partitions, EventLoop.now() < end else {
                if found == 0 && !mayCreate { throw .missing(wanted) }
                guard found == 0 else { throw .wrongPartitions(wanted, found: found) }
                throw KafkaError(code: -1, "\(wanted.name) is not known yet", isRetriable: true)
            }
            await worker.pause(seconds: 0.02)
        }
    }
}
