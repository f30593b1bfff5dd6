internal import CRdKafka
internal import Glibc
internal import ServiceKit

/// Moving within the assignment; all of it belongs to the worker that polls.
///
/// No partition is ever paused. librdkafka before 2.1.0 skips records if one is paused while many are taken at once: it counts those
/// as read that it then drops (its pull request 4208).
extension KafkaConsumer {
    /// Reads these partitions of the ``assignment`` from these offsets on; the others go on.
    ///
    /// Nothing that was fetched before comes after; what is in a batch already is the caller's. No broker is asked: behind
    /// the end of a partition librdkafka starts over with its first record (`auto.offset.reset`). Blocks, mostly for less
    /// than a millisecond.
    ///
    /// - Parameter milliseconds: how long to wait for librdkafka to begin with a partition that was assigned just now.
    /// - Throws: ``KafkaError`` if a partition is not assigned, or the time is over.
    public func seek(_ offsets: Offsets, milliseconds: Int32 = 5000) throws(KafkaError) {
        worker.loop.preconditionOnLoop()
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

    /// Has librdkafka see at once that it may fetch from these partitions again.
    ///
    /// Its thread for a broker that it may fetch nothing from sleeps for up to a second, and a queue that was emptied does not wake
    /// it. A question to that broker does, whose answer is not waited for.
    func wakeFetching(of partitions: Set<TopicPartition>) {
        guard !partitions.isEmpty else { return }
        let latest = PartitionList(Dictionary(uniqueKeysWithValues: partitions.map { ($0, Int64(-1)) }))
        rd_kafka_offsets_for_times(handle.raw, latest.raw, 0)
    }

    private func checkAssigned(_ partitions: some Sequence<TopicPartition>, while action: String) throws(KafkaError) {
        if let other = partitions.first(where: { !assignment.contains($0) }) {
            throw KafkaError(RD_KAFKA_RESP_ERR__STATE, while: "\(action): \(other) is not assigned")
        }
    }
}
