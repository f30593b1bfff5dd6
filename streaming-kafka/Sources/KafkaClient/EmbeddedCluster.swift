internal import CRdKafka
public import ServiceKit

/// librdkafka's own mock cluster: one broker inside this process, for machines without a Kafka.
///
/// It keeps 5 MiB a partition, in memory, and none of the promises of a transaction.
///
/// `@unchecked Sendable`: the pointers do not change, and the cluster runs on a thread of its own.
public final class EmbeddedCluster: @unchecked Sendable {
    private let handle: KafkaHandle
    let cluster: OpaquePointer
    /// Where it listens, `host:port`.
    public let bootstrap: String

    /// Starts it, on a port that it chooses.
    ///
    /// - Parameter topics: each with its number of partitions.
    /// - Throws: ``KafkaError`` if it does not start, for example since its port is taken.
    public init(topics: [Cluster.Topic], log: Logger) throws(KafkaError) {
        let handle = try KafkaHandle(
            RD_KAFKA_PRODUCER, KafkaSettings(bootstrap: "127.0.0.1:1"), [], fixed: [], log: log)
        guard let cluster = rd_kafka_mock_cluster_new(handle.raw, 1) else {
            handle.destroy()
            throw KafkaError(code: -1, "the embedded broker does not start: its port is taken")
        }
        self.handle = handle
        self.cluster = cluster
        bootstrap = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        for topic in topics {
            // It listens already: who asks for a topic before it is made would have it made with other partitions.
            let code = rd_kafka_mock_topic_create(cluster, topic.name, Int32(clamping: topic.partitions), 1)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                close()
                throw KafkaError(code, while: "making the topic \(topic.name)")
            }
        }
    }

    /// Ends it, and with it all that it holds.
    public func close() {
        rd_kafka_mock_cluster_destroy(cluster)
        handle.destroy()
    }
}

/// The calls of the C library that the mock cluster makes and does not let one configure.
///
/// If the executable exports functions with these names, librdkafka calls them instead of the C library's.
public enum EmbeddedSockets {
    /// The system call `bind`.
    public static func bind(_ descriptor: Int32, _ address: UnsafeRawPointer?, _ size: UInt32) -> Int32 {
        lab_bind(descriptor, address, size)
    }

    /// The system call `accept`.
    public static func accept(
        _ descriptor: Int32, _ address: UnsafeMutableRawPointer?, _ size: UnsafeMutablePointer<UInt32>?
    ) -> Int32 {
        lab_accept(descriptor, address, size)
    }
}
