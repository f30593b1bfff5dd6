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
    /// The value where it lies, as long as the record is valid; `nil` for a tombstone.
    public var valueInPlace: UnsafeBufferPointer<UInt8>? {
        guard let start = message.pointee.payload else { return nil }
        return UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: message.pointee.len)
    }

    /// The key, copied; `nil` where there is none.
    public var key: [UInt8]? { message.pointee.key.map { bytes($0, message.pointee.key_len) } }

    /// The value of the last header of a name, copied; `nil` if there is none.
    public func header(_ name: String) -> [UInt8]? { headerInPlace(name).map { Array($0) } }

    /// The same where it lies.
    func headerInPlace(_ name: String) -> UnsafeRawBufferPointer? {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else { return nil }
        var (value, size): (UnsafeRawPointer?, Int) = (nil, 0)
        // Given as a `String`, the name would be copied into an array first.
        let error = name.withCString { rd_kafka_header_get_last(headers, $0, &value, &size) }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let value else { return nil }
        return UnsafeRawBufferPointer(start: value, count: size)
    }

    private func bytes(_ start: UnsafeRawPointer, _ count: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
