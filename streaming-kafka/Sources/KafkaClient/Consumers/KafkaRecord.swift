internal import CRdKafka

/// One record as it lies in librdkafka's memory: valid until its batch is cleared, so copy what is to last.
public struct KafkaRecord {
    let message: UnsafeMutablePointer<rd_kafka_message_t>
    /// The place in the list of topics that the consumer was made with.
    public let topicIndex: Int

    /// The partition's number.
    public var partition: Int32 { message.pointee.partition }
    /// Where it stands in its partition.
    public var offset: Int64 { message.pointee.offset }

    /// When the producer made it, in seconds since 1970; 0 where that is not told.
    public var timestamp: Double { max(0, Double(rd_kafka_message_timestamp(message, nil)) / 1000) }

    /// The value, copied; `nil` for a tombstone.
    public var value: [UInt8]? { message.pointee.payload.map { bytes($0, message.pointee.len) } }
    /// Lends the value where it lies; empty for a tombstone.
    func withValue<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        guard let payload = message.pointee.payload else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
        let count = message.pointee.len
        return payload.withMemoryRebound(to: UInt8.self, capacity: count) {
            body(UnsafeBufferPointer(start: $0, count: count))
        }
    }

    /// The key, copied; `nil` where there is none.
    public var key: [UInt8]? { message.pointee.key.map { bytes($0, message.pointee.key_len) } }

    /// The value of the last header of a name, copied; `nil` where there is none.
    public func header(_ name: String) -> [UInt8]? {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else { return nil }
        var (value, size): (UnsafeRawPointer?, Int) = (nil, 0)
        guard rd_kafka_header_get_last(headers, name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let value else {
            return nil
        }
        return bytes(value, size)
    }

    private func bytes(_ start: UnsafeRawPointer, _ count: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
