internal import CRdKafka
public import ServiceKit
internal import Synchronization
internal import Tracing

/// Says which process came last for the one place of a group, in the metadata of an offset of a group beside it.
///
/// A member that is told that it was fenced needs to know by whom. A broker that was stopped for a while answers a request to
/// join that was sent again meanwhile twice, and the second answer fences the first: then the member has lost its place to
/// itself and must join again, or nobody decides any more. If another process joined, it must stop. The group itself does
/// not tell: Kafka keeps the first member's client identifier when a static member is replaced.
public final class GroupClaim: Sendable {
    private let role: KafkaConsumer.Role
    private let settings: KafkaSettings
    private let log: Logger
    /// What tells this process from every other one.
    private let name = RequestContext.newRequestID()
    private let place: TopicPartition
    private let isBegun = Atomic<Bool>(false)
    private let isWritten = Atomic<Bool>(false)

    /// Makes a claim for a group that is not written yet.
    ///
    /// - Parameter topic: an existing one; the offset that carries the claim is nominally its.
    public init(_ group: String, topic: String, _ settings: KafkaSettings, log: Logger) {
        role = .reader(group: group + "-owner", topics: [topic])
        place = TopicPartition(topic, 0)
        self.settings = settings
        self.log = log
    }

    /// Writes that this process is the last one that came for the place, on a thread of its own, until it is written.
    ///
    /// Call it before joining, so that no name of a process that ended is taken for that of a successor. If two write at once, the
    /// one whose name stands joins again, and the other one stops.
    ///
    /// - Throws: ``KafkaError``, a retriable one, if the system has no thread to give.
    public func write() throws(KafkaError) {
        guard !isBegun.exchange(true, ordering: .relaxed) else { return }
        let isStarted = Worker(ifPossible: "claim")?.startIfPossible { [self] worker in
            var (backoff, complaints) = (Backoff(0.05...5), Complaints())
            while !isWritten.load(ordering: .relaxed) {
                do throws(KafkaError) {
                    try commit(on: worker)
                    isWritten.store(true, ordering: .relaxed)
                } catch {
                    if complaints.isNew(error) {
                        log.warning("the group's place cannot be claimed yet", [.error: error.description])
                    }
                    await worker.pause(seconds: backoff.next())
                }
            }
        }
        guard isStarted == true else {
            isBegun.store(false, ordering: .relaxed)
            throw .noThread
        }
    }

    private func commit(on worker: Worker) throws(KafkaError) {
        let consumer = try KafkaConsumer(role, settings, on: worker, log: log)
        defer { consumer.close() }
        let list = PartitionList([place: 0], note: name)
        try KafkaError.check(rd_kafka_commit(consumer.handle.raw, list.raw, 0), while: "claiming the group")
    }

    /// Whether another process has written its claim, or does so within `seconds`.
    ///
    /// - Parameter worker: the caller's own; its thread waits for the broker's answers.
    /// - Throws: ``KafkaError`` if the broker does not say, or the own claim is yet to be written: ask again.
    public func isAnothers(within seconds: Double = 2, on worker: Worker) async throws(KafkaError) -> Bool {
        let end = EventLoop.now() &+ EventLoop.Nanoseconds(seconds * 1e9)
        while !isWritten.load(ordering: .relaxed) {
            guard EventLoop.now() < end else { throw KafkaError(code: -1, "the own claim is yet to be written") }
            await worker.pause(seconds: 0.02)
        }
        let consumer = try KafkaConsumer(role, settings, on: worker, log: log)
        defer { consumer.close() }
        while true {
            let list = PartitionList([place: -1001])
            try KafkaError.check(
                rd_kafka_committed(consumer.handle.raw, list.raw, 3000), while: "asking who has the group")
            if let error = list.error { throw KafkaError(error, while: "asking who has the group") }
            if let note = list.notes.first, note != name { return true }
            guard EventLoop.now() < end else { return false }
            await worker.pause(seconds: 0.1)
        }
    }
}
