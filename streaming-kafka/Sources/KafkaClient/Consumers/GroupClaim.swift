internal import CRdKafka
internal import CampusModel
internal import Glibc
public import ServiceKit
internal import Synchronization

/// Says which process came last for the one place of a group, in the metadata of an offset of a group beside it.
///
/// A member that is told that it was fenced needs to know by whom. A broker that was stopped for a while answers a request to
/// join that was sent again meanwhile twice, and the second answer fences the first: then the member has lost its place to
/// itself and must join again, or nobody decides any more. Where another process joined, it must stop. The group itself does
/// not tell: Kafka keeps the first member's client identifier when a static member is replaced.
public final class GroupClaim: Sendable {
    private let role: KafkaConsumer.Role
    private let settings: KafkaSettings
    private let log: Logger
    /// What tells this process from every other one.
    private let name = OrderID.random().description
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
    /// Call it before joining, so that no name of a process that ended is taken for that of a successor. Where two write at
    /// once, the one whose name stands joins again, and the other one stops.
    ///
    /// - Throws: ``KafkaError``, a retriable one, where the system has no thread to give.
    public func write() throws(KafkaError) {
        guard !isBegun.exchange(true, ordering: .relaxed) else { return }
        let isStarted = ServiceThread.attempt("claim") { [self] in
            var (backoff, complaints) = (Backoff(0.05...5), Complaints())
            while !isWritten.load(ordering: .relaxed) {
                do throws(KafkaError) {
                    try commit()
                    isWritten.store(true, ordering: .relaxed)
                } catch {
                    if complaints.isNew(error) {
                        log.warning("the group's place cannot be claimed yet", [.error: error.description])
                    }
                    usleep(UInt32(backoff.next() * 1e6))
                }
            }
        }
        guard isStarted else {
            isBegun.store(false, ordering: .relaxed)
            throw .noThread
        }
    }

    private func commit() throws(KafkaError) {
        let consumer = try KafkaConsumer(role, settings, log: log)
        defer { consumer.close(seconds: 0) }
        let list = PartitionList([place: 0], note: name)
        try KafkaError.check(rd_kafka_commit(consumer.handle.raw, list.raw, 0), while: "claiming the group")
    }

    /// Whether another process has written its claim, or does so within `seconds`. Blocks.
    ///
    /// - Throws: ``KafkaError`` where the broker does not say, or the own claim is yet to be written: ask again.
    public func isAnothers(within seconds: Double = 2) throws(KafkaError) -> Bool {
        let end = EventLoop.now() &+ EventLoop.Nanoseconds(seconds * 1e9)
        while !isWritten.load(ordering: .relaxed) {
            guard EventLoop.now() < end else { throw KafkaError(code: -1, "the own claim is yet to be written") }
            usleep(20_000)
        }
        let consumer = try KafkaConsumer(role, settings, log: log)
        defer { consumer.close(seconds: 0) }
        while true {
            let list = PartitionList([place: -1001])
            try KafkaError.check(
                rd_kafka_committed(consumer.handle.raw, list.raw, 3000), while: "asking who has the group")
            if let error = list.error { throw KafkaError(error, while: "asking who has the group") }
            if let note = list.notes.first, note != name { return true }
            guard EventLoop.now() < end else { return false }
            usleep(100_000)
        }
    }
}
