internal import CRdKafka

/// Records that were taken from librdkafka at once, in memory of its own that is used again and again.
///
/// Belongs to one thread, its consumer's.
public final class KafkaBatch {
    private var messages: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    /// The topics that this batch's records came from so far, by librdkafka's pointer, so that no name is compared for each
    /// record. A pointer says nothing beyond its batch: a consumer that is opened again may find another topic there.
    private var topics: [(raw: OpaquePointer?, index: Int)] = []
    private let names: [String]
    /// How many messages of the last ``KafkaConsumer/take(_:most:)`` there are, records and notices.
    public private(set) var count = 0

    init(capacity: Int, topics names: [String]) {
        messages = .allocate(capacity: capacity)
        self.names = names
    }

    deinit {
        clear()
        messages.deallocate()
    }

    /// Gives the records back to librdkafka.
    public func clear() {
        for index in 0..<count { rd_kafka_message_destroy(messages[index]) }
        count = 0
        topics.removeAll(keepingCapacity: true)
    }

    /// Takes what is in the queues, one after the other, until there are so many.
    ///
    /// In a large batch, each queue leaves a third of the room for those behind it. With all of one topic before anything of the
    /// next one, a replay took a tenth longer: an order and its outcome then come far apart, and the processor's caches hold
    /// little of what belongs together.
    func fill(from queues: [OpaquePointer], most: Int) {
        clear()
        for (index, queue) in queues.enumerated() {
            let left = min(most, messages.count) - count
            let room = left > 100 && index < queues.count - 1 ? left * 2 / 3 : left
            guard room > 0, let start = messages.baseAddress else { return }
            // Without a wait: a time-out here would be waited out even where some records are there.
            count += max(0, rd_kafka_consume_batch_queue(queue, 0, start + count, room))
        }
    }

    /// What librdkafka gives, in the order of each partition.
    public enum Element {
        case record(KafkaRecord)
        /// A partition was read up to its end, which is this offset.
        case endOfPartition(TopicPartition, Int64)
        /// Something went wrong; librdkafka goes on by itself.
        case error(KafkaError)
    }

    /// Gives each element, in order: an end stands behind the records before it, so it must not be looked at first.
    public func forEach(_ body: (Element) throws -> Void) rethrows {
        for index in 0..<count { if let element = element(index) { try body(element) } }
    }

    /// Whether there is a record, and not only notices.
    public var hasRecords: Bool {
        (0..<count).contains { if case .record = element($0) { true } else { false } }
    }

    /// The first error that there is among the elements.
    var error: KafkaError? {
        for index in 0..<count {
            guard let code = messages[index]?.pointee.err, code != RD_KAFKA_RESP_ERR_NO_ERROR,
                code != RD_KAFKA_RESP_ERR__PARTITION_EOF
            else { continue }
            return KafkaError(code, while: "consuming")
        }
        return nil
    }

    private func element(_ index: Int) -> Element? {
        guard let message = messages[index] else { return nil }
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            return .record(KafkaRecord(message: message, topicIndex: topicIndex(message.pointee.rkt)))
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            let place = TopicPartition(names[topicIndex(message.pointee.rkt)], message.pointee.partition)
            return .endOfPartition(place, message.pointee.offset)
        default:
            return .error(KafkaError(message.pointee.err, while: "consuming"))
        }
    }

    private func topicIndex(_ topic: OpaquePointer?) -> Int {
        for known in topics where known.raw == topic { return known.index }
        let name = topic.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) }
        let index = names.firstIndex { $0 == name } ?? 0
        topics.append((topic, index))
        return index
    }
}
