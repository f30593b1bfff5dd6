internal import KafkaClient
internal import OrderRecords

/// Copies of what could not be read, with where it came from.
enum DeadLetter {
    /// The copy of a record: its key and value as they are, and headers that say what is wrong.
    ///
    /// - Parameter isWhole: `false` leaves out key and value, where the record has no room for the headers.
    static func copy(
        of record: KafkaRecord, from place: TopicPartition, reason problem: MalformedRecord, isWhole: Bool = true
    ) -> KafkaMessage {
        let text = problem.description + (isWhole ? "" : "; it is too large to be copied")
        return KafkaMessage(
            key: isWhole ? record.key : nil, value: isWhole ? record.value : nil,
            headers: DeadLetterHeader.allCases.map { header in
                let value =
                    switch header {
                    case .reason: text
                    case .topic: place.topic
                    case .partition: "\(place.partition)"
                    case .offset: "\(record.offset)"
                    }
                return (header.rawValue, Array(value.utf8))
            })
    }

    /// Where a copy came from, so that one that is there twice is counted once; `nil` where it does not say.
    static func origin(of record: KafkaRecord) -> [UInt8]? {
        guard let partition = record.header(DeadLetterHeader.partition.rawValue),
            let offset = record.header(DeadLetterHeader.offset.rawValue)
        else { return nil }
        return partition + [UInt8(ascii: "/")] + offset
    }
}
