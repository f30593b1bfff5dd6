internal import CRdKafka
internal import Glibc
public import ServiceKit
internal import Synchronization

/// A consumer that one worker polls: of a group, or of partitions that it chooses itself.
///
/// `@unchecked Sendable`: all of it belongs to the worker's thread, as ``take(_:most:)`` and ``assign(_:)`` check, but
/// ``committed(_:milliseconds:)``, ``watermarks(_:milliseconds:)``, ``partitionCount(of:milliseconds:)`` and
/// ``isReachable(milliseconds:)``. These only call librdkafka, and so any thread may call them.
public final class KafkaConsumer: @unchecked Sendable {
    /// The worker that polls it.
    public let worker: Worker
    private let current: Mutex<KafkaHandle>
    private var signal: QueueSignal
    let role: Role
    private let settings: KafkaSettings
    private let log: Logger
    /// For the worker's thread, which is the one that may replace it.
    var handle: KafkaHandle { current.withLock { $0 } }

    /// Where to begin with partitions that the group gives to this member; at the committed offsets if it is `nil`.
    public var startOffsets: (([TopicPartition]) -> Offsets)?
    /// Is told that partitions were taken away, before they are; and whether they are lost: the group has given this member
    /// up, and may have given them to another one already.
    public var revoked: ((_ isLost: Bool) -> Void)?
    /// The partitions that are read now.
    public private(set) var assignment: Set<TopicPartition> = []

    /// The partitions of the last assignment that nothing came from yet.
    private var silent: Set<TopicPartition> = []
    /// When the last assignment was made.
    private var assignedAt: EventLoop.Nanoseconds = 0
    /// So long, in nanoseconds, librdkafka gets at most to start one assignment before the next one is made.
    private static let longestStart: EventLoop.Nanoseconds = 500_000_000

    /// Why the group, or a topic, may not be read; told once by librdkafka, and so kept until there is an assignment.
    public private(set) var refusal: KafkaError?

    /// The name of the cluster that answered last.
    private var cluster: String?
    /// How many elements were taken since librdkafka was told that there is room again.
    private var taken = 0
    /// After so many it is told: often enough that its queue, which holds 16 MB, does not run dry.
    private static let wakingInterval = 10_000

    /// Makes a consumer that reads nothing yet.
    ///
    /// - Parameter worker: polls it, and closes it before it ends.
    /// - Throws: ``KafkaError`` if librdkafka refuses the settings.
    public init(_ role: Role, _ settings: KafkaSettings, on worker: Worker, log: Logger) throws(KafkaError) {
        self.worker = worker
        self.role = role
        self.settings = settings
        self.log = log
        let handle = try KafkaConsumer.makeHandle(role, settings, log)
        current = Mutex(handle)
        signal = KafkaConsumer.makeSignal(role, handle)
        handle.callbacks.rebalance = { [unowned self] in rebalance($0, $1, $2) }
    }

    private static func makeSignal(_ role: Role, _ handle: KafkaHandle) -> QueueSignal {
        QueueSignal(rd_kafka_queue_get_consumer(handle.raw), makeTopicQueues(role, handle))
    }

    private static func makeHandle(
        _ role: Role, _ settings: KafkaSettings, _ log: Logger
    ) throws(KafkaError) -> KafkaHandle {
        var fixed = [
            ("group.id", role.group), ("enable.auto.commit", "false"), ("isolation.level", "read_committed"),
            ("enable.auto.offset.store", "false"), ("enable.partition.eof", "true"),
            // Also where a trimmed log no longer has the offset 0.
            ("auto.offset.reset", "earliest"),
            // `cooperative-sticky` loops and hangs on close in librdkafka 2.0.2.
            ("partition.assignment.strategy", "range"),
        ]
        if let instance = role.instance { fixed.append(("group.instance.id", instance)) }
        let properties = [
            // So often an idle consumer asks. The embedded broker answers at the end of this time only, also if a record comes before.
            // The default is 500 ms.
            ("fetch.wait.max.ms", "10"), ("queued.min.messages", "100000"), ("queued.max.messages.kbytes", "16384"),
            // A consumer that is told to fail or to wait stays in its group for as long as it takes.
            ("max.poll.interval.ms", "86400000"), ("fetch.error.backoff.ms", "50"),
        ]
        let handle = try KafkaHandle(
            RD_KAFKA_CONSUMER, settings, properties + role.properties, fixed: fixed, log: log
        ) {
            rd_kafka_conf_set_rebalance_cb($0) { handle, code, list, _ in
                guard let handle else { return }
                KafkaHandle.context(of: handle)?.rebalance?(handle, code, list)
            }
            rd_kafka_conf_set_offset_commit_cb($0) { handle, code, _, _ in
                guard let handle, code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
                KafkaHandle.context(of: handle)?.failed = code
            }
        }
        rd_kafka_poll_set_consumer(handle.raw)
        return handle
    }

    // MARK: Losing the place in the group

    /// Begins anew as a member that joins, after ``fatalError``. What was taken before must have been cleared.
    public func reopen() throws(KafkaError) {
        let fresh = try KafkaConsumer.makeHandle(role, settings, log)
        let old = current.withLock { handle in
            defer { handle = fresh }
            return handle
        }
        refusal = nil
        old.callbacks.rebalance = nil
        closeSignal()
        old.destroy()
        signal = KafkaConsumer.makeSignal(role, fresh)
        fresh.callbacks.rebalance = { [unowned self] in rebalance($0, $1, $2) }
        noteAssignment([])
    }

    /// A call that any thread may make: the handle lives until it has returned, also if it is replaced meanwhile.
    func withHandle<Result>(_ body: (KafkaHandle) throws(KafkaError) -> Result) throws(KafkaError) -> Result {
        let (handle, isOpen) = current.withLock { ($0, $0.enter()) }
        guard isOpen else { throw KafkaError(code: -1, "the consumer is closed") }
        defer { handle.leave() }
        return try body(handle)
    }

    /// Makes a batch for this consumer's records.
    public func makeBatch(capacity: Int = 5000) -> KafkaBatch { KafkaBatch(capacity: capacity, topics: role.topics) }

    // MARK: What is read

    /// Joins the group for the role's topics.
    public func subscribe() throws(KafkaError) {
        var topics: Offsets = [:]
        for topic in role.topics { topics[TopicPartition(topic, -1)] = -1 }
        let list = PartitionList(topics)
        try KafkaError.check(rd_kafka_subscribe(handle.raw, list.raw), while: "joining the group")
    }

    /// Reads these partitions from these offsets on, instead of what was read before.
    ///
    /// Nothing that was fetched before comes after; what is in a batch already is the caller's.
    public func assign(_ offsets: Offsets) async throws(KafkaError) {
        worker.loop.preconditionOnLoop()
        await waitForStart()
        let list = PartitionList(offsets)
        forward(offsets.keys, to: signal.others)
        try KafkaError.check(rd_kafka_assign(handle.raw, list.raw), while: "assigning partitions")
        noteAssignment(Set(offsets.keys))
    }

    private func noteAssignment(_ partitions: Set<TopicPartition>) {
        if !partitions.isEmpty { refusal = nil }
        assignment = partitions
        silent = partitions
        assignedAt = EventLoop.now()
    }

    /// Waits until librdkafka has started the last assignment: until something came from each partition, a record or its end,
    /// which is dropped, since the next assignment makes it void.
    ///
    /// librdkafka 2.0.2 ends the process if a partition is assigned once more while it is still being stopped for the assignment
    /// before (`rd_kafka_assignment_partition_stopped: Assertion rktp_started failed`).
    private func waitForStart() async {
        guard !silent.isEmpty else { return }
        let batch = makeBatch(capacity: 500)
        defer { batch.clear() }
        while !silent.isEmpty, EventLoop.now() < assignedAt &+ KafkaConsumer.longestStart {
            if take(batch, most: 500) == 0 { await wait(until: EventLoop.now() &+ 5_000_000) }
        }
    }

    private func noteWhatCame(_ batch: KafkaBatch) {
        batch.forEach { element in
            switch element {
            case .record(let record): silent.remove(TopicPartition(role.topics[record.topicIndex], record.partition))
            case .endOfPartition(let place, _): silent.remove(place)
            case .error: break
            }
        }
    }

    /// librdkafka waits for the assignment to be made or given up before this returns.
    private func rebalance(
        _ raw: OpaquePointer, _ code: rd_kafka_resp_err_t,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) {
        guard code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, let list else {
            revoked?(rd_kafka_assignment_lost(raw) != 0)
            // No partition can be heard from here, but stopping one takes librdkafka's own threads only, and no broker.
            while EventLoop.now() < assignedAt &+ 50_000_000 { usleep(1000) }
            noteAssignment([])
            rd_kafka_assign(raw, nil)
            return
        }
        let partitions = Array(PartitionList.offsets(list).keys)
        if let start = startOffsets?(partitions) {
            for index in 0..<Int(list.pointee.cnt) {
                let element = list.pointee.elems[index]
                list.pointee.elems[index].offset =
                    start[TopicPartition(String(cString: element.topic), element.partition)] ?? 0
            }
        }
        forward(partitions, to: signal.others)
        let code = rd_kafka_assign(raw, list)
        noteAssignment(code == RD_KAFKA_RESP_ERR_NO_ERROR ? Set(partitions) : [])
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            let error = KafkaError(code, while: "assigning what the group gives")
            log.error("the group's partitions cannot be read", [.error: error.description])
        }
    }

    // MARK: Records

    /// Takes what librdkafka has fetched, without waiting, and serves the group's events. A role that takes its
    /// ``Role/topicsInTurn`` gives what there is of the first topic first.
    ///
    /// - Parameter most: so many at most.
    /// - Returns: how many elements there were; while it is not 0, there may be more.
    @discardableResult
    public func take(_ batch: KafkaBatch, most: Int) -> Int {
        worker.loop.preconditionOnLoop()
        signal.clear()
        batch.fill(from: signal.all, most: most)
        if batch.count == 0 || !silent.isEmpty { forward(assignment, to: signal.others) }
        taken += batch.count
        if taken >= KafkaConsumer.wakingInterval {
            taken = 0
            wakeFetching(of: assignment)
        }
        if !silent.isEmpty { noteWhatCame(batch) }
        if let error = batch.error, error.mistake != nil { refusal = error }
        return batch.count
    }

    /// Suspends the worker's task until there is something to take, something was asked of the worker, it must stop, or the time
    /// has come.
    ///
    /// Nothing tells of what was left in the queue: ``take(_:most:)`` must have found nothing before.
    public func wait(until deadline: EventLoop.Nanoseconds) async {
        await worker.wait(readable: signal.descriptor, until: deadline)
    }

    /// Tells, once, that another cluster answers than before: an embedded broker that was started again.
    ///
    /// Its log is another one too. Once that has outgrown the offset of a partition, nothing else tells it from the old one.
    public func takeClusterChange() -> Bool {
        guard let text = rd_kafka_clusterid(handle.raw, 0) else { return false }
        defer { rd_kafka_mem_free(handle.raw, text) }
        let name = String(cString: text)
        defer { cluster = name }
        return cluster != nil && cluster != name
    }

    /// Why the consumer is of no more use: another member took its place, say; `nil` while it is well.
    public var fatalError: KafkaError? { handle.fatalError }

    /// Ends the consumer, and waits until librdkafka has ended it, but at most so many seconds: with a broker that is away that may
    /// take long.
    ///
    /// A static member does not leave its group by that, so that its successor takes over at once.
    public func close(seconds: Double) async {
        let promise = Promise<Void>(on: worker.loop)
        close { promise.fulfil(()) }
        _ = await promise.value(until: EventLoop.now() &+ EventLoop.Nanoseconds(seconds * 1e9))
    }

    /// Ends the consumer as ``close(seconds:)`` does, and waits for nothing.
    public func close() { close {} }

    private func close(_ completion: @escaping @Sendable () -> Void) {
        worker.loop.preconditionOnLoop()
        handle.callbacks.rebalance = nil
        closeSignal()
        handle.destroy(completion: completion)
    }

    /// Closes the descriptor, which the worker may still watch: a number that is used again would pass for the one that is watched.
    private func closeSignal() {
        worker.forgetDescriptor()
        signal.close()
    }
}
