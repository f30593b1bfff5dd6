internal import CRdKafka

/// The handles of the topics that one producer writes to, so that none is looked up for each record.
///
/// `@unchecked Sendable`: librdkafka's topic handles may be used from any thread, and the list does not change.
final class KafkaTopics: @unchecked Sendable {
    private let producer: OpaquePointer
    private let topics: [(name: String, raw: OpaquePointer)]

    /// - Parameter names: the topics, by whose index each is named from then on.
    init(_ names: [String], of handle: KafkaHandle) throws(KafkaError) {
        producer = handle.raw
        var topics: [(name: String, raw: OpaquePointer)] = []
        for name in names {
            guard let raw = rd_kafka_topic_new(handle.raw, name, nil) else {
                for topic in topics { rd_kafka_topic_destroy(topic.raw) }
                throw KafkaError(rd_kafka_last_error(), while: "making a handle for \(name)")
            }
            topics.append((name, raw))
        }
        self.topics = topics
    }

    /// Before the producer itself is destroyed.
    func destroy() { for topic in topics { rd_kafka_topic_destroy(topic.raw) } }

    /// The handle of the topic at an index of the list.
    func raw(_ index: Int) -> OpaquePointer { topics[index].raw }

    /// Gives a record to librdkafka, which sends it soon.
    ///
    /// - Parameter ticket: comes back in its delivery report, which may be there before this returns.
    func produce(_ message: KafkaMessage, to index: Int, ticket: UInt) throws(KafkaError) {
        let headers = makeHeaders(message)
        // No closure with a typed error: the result is taken out instead.
        let code = withBytes(message.key) { key, keySize in
            withBytes(message.value) { value, valueSize in
                lab_produce(producer, topics[index].raw, key, keySize, value, valueSize, headers, ticket)
            }
        }
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        // The headers are ours again where the record was refused.
        if let headers { rd_kafka_headers_destroy(headers) }
        throw KafkaError(code, while: "producing to \(topics[index].name)")
    }

    private func makeHeaders(_ message: KafkaMessage) -> OpaquePointer? {
        guard !message.headers.isEmpty, let headers = rd_kafka_headers_new(message.headers.count) else { return nil }
        for (name, value) in message.headers {
            // Given as a `String`, the name would be copied into an array first.
            name.withCString { name in
                _ = value.withUnsafeBytes { rd_kafka_header_add(headers, name, -1, $0.baseAddress, $0.count) }
            }
        }
        return headers
    }

    private func withBytes<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawPointer?, Int) -> Result) -> Result {
        guard let bytes else { return body(nil, 0) }
        return bytes.withUnsafeBytes { body($0.baseAddress ?? UnsafeRawPointer(bitPattern: 1), $0.count) }
    }
}
