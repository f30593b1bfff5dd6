internal import CRdKafka

/// Topics that are taken in turn: each has a queue of its own, beside that of the handle.
///
/// librdkafka brings everything that a consumer has fetched through one queue, in the order in which it was fetched. Where a
/// record takes long, the first topic would then wait for all that was fetched of the second one. A pause of the second one
/// would drop what was fetched of it, and librdkafka before 2.1.0 skips records then.
extension KafkaConsumer {
    /// Makes the queues that the role has beside the handle's, one for each topic.
    static func makeTopicQueues(_ role: Role, _ handle: KafkaHandle) -> [OpaquePointer] {
        role.takesTopicsInTurn ? role.topics.compactMap { _ in rd_kafka_queue_new(handle.raw) } : []
    }

    /// Has the records of these partitions go to the queues of their topics; called before a partition is assigned.
    ///
    /// librdkafka marks a partition that the application has forwarded (`RD_KAFKA_Q_F_FWD_APP`), and its own start of fetching
    /// then leaves the forwarding alone. But the stop of an assignment before, which may come later, takes the forwarding
    /// away: records would gather in the partition's own queue, which nobody looks at. So ``take(_:most:)`` calls this again
    /// while an assignment is new, and whenever it has found nothing. What had gathered moves along, and signals.
    func forward(_ partitions: some Sequence<TopicPartition>, to queues: [OpaquePointer]) {
        guard !queues.isEmpty else { return }
        for place in partitions {
            guard let index = role.topics.firstIndex(of: place.topic),
                let queue = rd_kafka_queue_get_partition(handle.raw, place.topic, place.partition)
            else { continue }
            rd_kafka_queue_forward(queue, queues[index])
            rd_kafka_queue_destroy(queue)
        }
    }
}
