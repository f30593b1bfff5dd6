internal import ServiceKit

/// Reads topics from their beginning to their end.
public enum LogReplay {
    /// Reads every partition of some topics up to where it ends now, what is committed only.
    ///
    /// The end is librdkafka's `_PARTITION_EOF`: markers of transactions take offsets too, so that the last record's next
    /// offset may never be the end's.
    ///
    /// - Parameters:
    ///   - consumer: a reader of these topics; it reads on behind the end when this returns.
    ///   - record: is given each record, in the order of its partition.
    /// - Returns: where each partition ended.
    /// - Throws: ``KafkaError`` if the broker is away for longer than `patience` seconds, or the consumer's worker must stop.
    public static func read(
        _ topics: [String], with consumer: KafkaConsumer, patience: Double = 10, _ record: (KafkaRecord) -> Void
    ) async throws(KafkaError) -> Offsets {
        var open: Offsets = [:]
        for topic in topics {
            let count = try consumer.partitionCount(of: topic, milliseconds: 5000)
            // A broker that has just started may not know it yet: an empty log would be taken for the truth.
            guard count > 0 else { throw KafkaError(code: -1, "\(topic) is not known yet", isRetriable: true) }
            for partition in 0..<count { open[TopicPartition(topic, Int32(partition))] = 0 }
        }
        // The number 0 and not the symbol for the beginning, which would be looked up for half a second.
        try await consumer.assign(open)
        let batch = consumer.makeBatch()
        defer { batch.clear() }
        var ends: Offsets = [:]
        var lastProgress = EventLoop.now()
        var failure: KafkaError?
        while ends.count < open.count {
            guard !consumer.worker.mustStop else {
                throw KafkaError(code: -1, "the replay was given up", isRetriable: true)
            }
            consumer.take(batch, most: 5000)
            var goesOnReading = false
            batch.forEach { element in
                switch element {
                case .record(let found): record(found)
                case .endOfPartition(let place, let offset): ends[place] = offset
                case .error(let error): failure = error
                }
                if case .error = element { return }
                goesOnReading = true
            }
            if goesOnReading {
                lastProgress = EventLoop.now()
            } else {
                guard EventLoop.now() < lastProgress &+ EventLoop.Nanoseconds(patience * 1e9) else {
                    throw failure ?? KafkaError(code: -1, "the log does not go on", isRetriable: true)
                }
                await consumer.wait(until: EventLoop.now() &+ 50_000_000)
            }
        }
        return ends
    }
}
