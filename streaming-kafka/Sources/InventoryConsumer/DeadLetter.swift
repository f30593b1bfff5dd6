internal import KafkaClient
internal import OrderRecords

/// Copies of what could not be read, with where it came from.
enum DeadLetter {
    private static let (reason, topic, partition, offset) = ("reason", "topic", "partition", "offset")

    /// The copy of a record: its key and value as they are, and headers that say what is wrong.
    ///
    /// - Parameter isWhole: `false` leaves out key and value, where the record has no room for the headers.
    static func copy(
        of record: KafkaRecord, from place: TopicPartition, reason problem: MalformedRecord, isWhole: Bool = true
    ) -> KafkaMessage {
        let text = problem.description + (isWhole ? "" : "; it is too large to be copied")
        return KafkaMessage(
            key: isWhole ? record.key : nil, value: isWhole ? record.value : nil,
            headers: [
                (reason, Array(text.utf8)), (topic, Array(place.topic.utf8)),
                (partition, Array("\(place.partition)".utf8)), (offset, Array("\(record.offset)".utf8)),
            ])
    }

    /// Where a copy came from, so that one that is there twice is counted once; `nil` where it does not say.
    static func origin(of record: KafkaRecord) -> [UInt8]? {
        guard let partition = record.header(partition), let offset = record.header(offset) else { return nil }
        return partition + [UInt8(ascii: "/")] + offset
    }
}
