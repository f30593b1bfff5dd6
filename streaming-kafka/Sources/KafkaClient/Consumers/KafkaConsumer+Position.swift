internal import CRdKafka
internal import Glibc
internal import ServiceKit

/// Moving within the assignment, and holding parts of it back.
///
/// All of it belongs to the thread that polls. librdkafka before 2.1.0 skips records where a partition is paused while
/// another thread is taking many at once: it takes those that it then drops for read (its pull request 4208).
extension KafkaConsumer {
    /// Reads these partitions of the ``assignment`` from these offsets on; the others go on, and what is paused stays so.
    ///
    /// Nothing that was fetched before comes after; what is in a batch already is the caller's. No broker is asked: behind
    /// the end of a partition librdkafka starts over with its first record (`auto.offset.reset`). Blocks, mostly for less
    /// than a millisecond.
    ///
    /// - Parameter milliseconds: how long to wait for librdkafka to begin with a partition that was assigned just now.
    /// - Throws: ``KafkaError`` where a partition is not assigned, or the time is over.
    public func seek(_ offsets: Offsets, milliseconds: Int32 = 5000) throws(KafkaError) {
        try checkAssigned(offsets.keys, while: "seeking")
        guard !offsets.isEmpty else { return }
        let end = EventLoop.now() &+ EventLoop.Nanoseconds(milliseconds) &* 1_000_000
        while true {
            let list = PartitionList(offsets)
            var failure: KafkaError?
            do throws(KafkaError) {
                try KafkaError.check(
                    rd_kafka_seek_partitions(handle.raw, list.raw, milliseconds), while: "seeking")
                if let code = list.error { failure = KafkaError(code, while: "seeking") }
            } catch {
                failure = error
            }
            guard let failure else { return }
            // Asking once more is the same seek. 2.0.2 waits for a thousandth of the time that it is told, and knows no
            // place to go on from before it has begun with a partition.
            guard failure.isTimeout || failure.isWrongState, EventLoop.now() < end else { throw failure }
            usleep(1000)
        }
    }

    /// Takes nothing more from these partitions of the ``assignment`` until they are resumed, or assigned once more.
    ///
    /// What was fetched of them is dropped, and fetched again later: to hold back for a short time, do not take. The
    /// others go on, and so do the group's events. Partitions that are paused already stay so.
    ///
    /// - Throws: ``KafkaError`` where a partition is not assigned.
    public func pause(_ partitions: Set<TopicPartition>) throws(KafkaError) {
        try checkAssigned(partitions, while: "pausing")
        try setPaused(true, partitions.subtracting(paused))
    }

    /// Goes on with those of these partitions that are paused, behind the last record that was taken, or from where
    /// ``seek(_:milliseconds:)`` went meanwhile.
    public func resume(_ partitions: Set<TopicPartition>) throws(KafkaError) {
        // Resuming what is not paused would have librdkafka read some of it again.
        let those = partitions.intersection(paused)
        try setPaused(false, those)
        wakeFetching(of: those)
    }

    /// Has librdkafka see at once that it may fetch from these partitions again.
    ///
    /// Its thread for a broker that it may fetch nothing from sleeps for up to a second, and neither a resume nor a queue
    /// that was emptied wakes it. A question to that broker does, whose answer is not waited for.
    func wakeFetching(of partitions: Set<TopicPartition>) {
        guard !partitions.isEmpty else { return }
        let latest = PartitionList(Dictionary(uniqueKeysWithValues: partitions.map { ($0, Int64(-1)) }))
        rd_kafka_offsets_for_times(handle.raw, latest.raw, 0)
    }

    private func setPaused(_ isPaused: Bool, _ partitions: Set<TopicPartition>) throws(KafkaError) {
        guard !partitions.isEmpty else { return }
        let action = isPaused ? "pausing" : "resuming"
        let list = PartitionList(Dictionary(uniqueKeysWithValues: partitions.map { ($0, Int64(-1001)) }))
        let call = isPaused ? rd_kafka_pause_partitions : rd_kafka_resume_partitions
        try KafkaError.check(call(handle.raw, list.raw), while: action)
        if let code = list.error { throw KafkaError(code, while: action) }
        if isPaused { paused.formUnion(partitions) } else { paused.subtract(partitions) }
    }

    private func checkAssigned(_ partitions: some Sequence<TopicPartition>, while action: String) throws(KafkaError) {
        if let other = partitions.first(where: { !assignment.contains($0) }) {
            throw KafkaError(RD_KAFKA_RESP_ERR__STATE, while: "\(action): \(other) is not assigned")
        }
    }
}
