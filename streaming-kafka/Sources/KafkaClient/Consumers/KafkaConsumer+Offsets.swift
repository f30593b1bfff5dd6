internal import CRdKafka

extension KafkaConsumer {
    /// Commits offsets to the group: where it is to read on.
    ///
    /// - Parameters:
    ///   - note: metadata that is committed with each offset.
    ///   - waits: whether to wait for the broker's answer; else ``takeCommitFailure()`` tells where it says no.
    public func commit(_ offsets: Offsets, note: String? = nil, waits: Bool) throws(KafkaError) {
        guard !offsets.isEmpty else { return }
        let list = PartitionList(offsets, note: note)
        try KafkaError.check(rd_kafka_commit(handle.raw, list.raw, waits ? 0 : 1), while: "committing offsets")
    }

    /// Tells, once, that a commit which was not waited for has failed; ``take(_:most:)`` takes such answers.
    public func takeCommitFailure() -> KafkaError? {
        guard let code = handle.callbacks.failed else { return nil }
        handle.callbacks.failed = nil
        return KafkaError(code, while: "committing offsets")
    }

    /// Asks what the group has committed. Blocks; from any thread.
    ///
    /// - Returns: the offsets of those partitions that have one.
    public func committed(_ partitions: [TopicPartition], milliseconds: Int32) throws(KafkaError) -> Offsets {
        try committedWithNotes(partitions, milliseconds: milliseconds).offsets
    }

    /// Asks what the group has committed, and the metadata of those offsets that have one. Blocks; from any thread.
    public func committedWithNotes(
        _ partitions: [TopicPartition], milliseconds: Int32
    ) throws(KafkaError) -> (offsets: Offsets, notes: [String]) {
        let list = PartitionList(Dictionary(uniqueKeysWithValues: partitions.map { ($0, Int64(-1001)) }))
        try withHandle { handle throws(KafkaError) in
            let code = rd_kafka_committed(handle.raw, list.raw, milliseconds)
            try KafkaError.check(code, while: "asking for committed offsets")
        }
        if let error = list.error { throw KafkaError(error, while: "asking for committed offsets") }
        return (list.offsets, list.notes)
    }

    /// Asks for the first offset and the end of each partition; the end is that of what is committed. Blocks; from any
    /// thread.
    ///
    /// On a `read_committed` handle that is the last stable offset; the cached one never is.
    public func watermarks(
        _ partitions: [TopicPartition], milliseconds: Int32
    ) throws(KafkaError) -> [TopicPartition: (low: Int64, end: Int64)] {
        var found: [TopicPartition: (low: Int64, end: Int64)] = [:]
        for place in partitions {
            var (low, high): (Int64, Int64) = (0, 0)
            try withHandle { handle throws(KafkaError) in
                let code = rd_kafka_query_watermark_offsets(
                    handle.raw, place.topic, place.partition, &low, &high, milliseconds)
                try KafkaError.check(code, while: "asking for the ends of \(place)")
            }
            found[place] = (low, high)
        }
        return found
    }

    /// Asks how many partitions a topic has; 0 where it does not exist. Blocks; from any thread.
    ///
    /// Called before ``assign(_:)`` it also spares the first fetch the wait for the library's next look at its topics.
    public func partitionCount(of topic: String, milliseconds: Int32) throws(KafkaError) -> Int {
        try withHandle { handle throws(KafkaError) in
            guard let raw = rd_kafka_topic_new(handle.raw, topic, nil) else { return 0 }
            defer { rd_kafka_topic_destroy(raw) }
            return try handle.metadata(topic: raw, milliseconds: milliseconds)
        }
    }
}

extension KafkaConsumer {
    /// Why the broker refuses this consumer, where that does not mend itself. From any thread.
    public var mistake: KafkaError? { handle.callbacks.mistake }

    /// Asks the broker for an answer. Blocks; from any thread.
    ///
    /// - Returns: whether there was one.
    public func isReachable(milliseconds: Int32) -> Bool {
        (try? withHandle { handle throws(KafkaError) in try handle.metadata(milliseconds: milliseconds) }) != nil
    }
}
