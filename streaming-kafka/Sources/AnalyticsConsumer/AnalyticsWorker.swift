internal import CampusModel
internal import KafkaClient
internal import ServiceKit
internal import Synchronization

/// The thread that counts: reads both topics from their beginning and commits how far it has come.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread, which ``start()`` makes.
final class AnalyticsWorker: @unchecked Sendable {
    /// What the HTTP interface asks for.
    enum Command: Sendable {
        /// Begins the next generation; is told its number, or `nil` where it cannot.
        case reset(@Sendable (Int?) -> Void)
    }

    let consumer: KafkaConsumer
    private let settings: KafkaSettings
    private let board: MetricsBoard
    private let faults: Faults
    private let readiness: Readiness
    private let log: Logger
    private let mailbox = Mailbox<Command>()
    private let batch: KafkaBatch
    private let claim: GroupClaim
    /// How far this generation has come.
    private var progress = ReadProgress()
    private var commitDue: EventLoop.Nanoseconds = 0
    private var gate = FaultGate()
    /// Whether the log is another one, whose beginning was not gone to yet.
    private var mustBeginAnew = false
    /// Whether another instance has this one's place.
    private var isFenced = false
    private let isStopping = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)
    /// In this order they are counted: a throttled replay shows orders from its first second.
    private static let topics = [OrderTopics.orders, OrderTopics.outcomes]
    private static let (orderKinds, outcomeKinds): (Set<OrderEvent.Kind>, Set<OrderEvent.Kind>) = (
        [.placed], [.reserved, .failed]
    )
    private static let part = "analytics"
    /// The shortest time between two commits, in nanoseconds.
    private static let commitPause: EventLoop.Nanoseconds = 100_000_000

    /// Makes the consumer, which does not join yet.
    ///
    /// - Throws: ``KafkaError`` where librdkafka refuses the settings.
    init(
        _ board: MetricsBoard, _ settings: KafkaSettings, _ faults: Faults, _ readiness: Readiness, log: Logger
    ) throws(KafkaError) {
        self.board = board
        self.settings = settings
        self.faults = faults
        self.readiness = readiness
        self.log = log
        consumer = try KafkaConsumer(
            .member(of: OrderGroups.analytics, topics: AnalyticsWorker.topics).gathering.topicsInTurn, settings,
            log: log)
        batch = consumer.makeBatch()
        claim = GroupClaim(OrderGroups.analytics, topic: OrderTopics.orders, settings, log: log)
        readiness.set(AnalyticsWorker.part, missing: "its topics")
    }

    /// Starts the thread.
    func start() { ServiceThread.start("analytics") { self.run() } }

    /// Clears the counters and reads everything again. Call it on the loop.
    ///
    /// - Returns: the number of the new generation, `nil` where nothing is read at the moment.
    func reset() async -> Int? {
        await withUnsafeContinuation { continuation in
            mailbox.post(.reset { continuation.resume(returning: $0) })
            // Requests are answered for a while after the thread has ended.
            if hasEnded.load(ordering: .sequentiallyConsistent) { refuseCommands() }
        }
    }

    /// Takes no new work from now on; what is in hand is finished. From any thread.
    func beginStopping() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        mailbox.wake()
    }

    /// Commits how far it has come and ends the thread.
    func stop(on loop: EventLoop, until deadline: EventLoop.Nanoseconds) async {
        beginStopping()
        while !hasEnded.load(ordering: .sequentiallyConsistent), EventLoop.now() < deadline {
            await loop.sleep(seconds: 0.005)
        }
    }

    private var mustStop: Bool { isStopping.load(ordering: .sequentiallyConsistent) }

    // MARK: The thread

    private func run() {
        // The counters are kept in memory, so a new process begins at the beginning, and one that joins again goes on.
        consumer.startOffsets = { [unowned self] places in
            Dictionary(uniqueKeysWithValues: places.map { ($0, progress.next[$0] ?? 0) })
        }
        var (backoff, complaints) = (Backoff(0.05...1), Complaints())
        while !mustStop {
            do throws(KafkaError) {
                try join()
                readiness.set("log", missing: nil)
                break
            } catch {
                readiness.set("log", missing: error.mistake, isPermanent: true)
                if complaints.isNew(error) { log.warning("the topics cannot be read yet", [.error: error.description]) }
                mailbox.wait(until: EventLoop.now() &+ EventLoop.Nanoseconds(backoff.next() * 1e9))
                serveCommands()
            }
        }
        while !mustStop {
            if let error = consumer.fatalError { losePlace(error) } else { turn() }
        }
        batch.clear()
        commit(isLast: true)
        consumer.close(seconds: 2)
        hasEnded.store(true, ordering: .sequentiallyConsistent)
        refuseCommands()
    }

    private func join() throws(KafkaError) {
        let topics = AnalyticsWorker.topics
        let kind = try Cluster.prepare(settings, topics: OrderTopics.all, rebuilding: topics, readiness, log: log)
        let loss = try LogInspection.inspect(topics, on: kind, settings, log: log, goesOn: { !mustStop })
        loss.tell(readiness, log)
        for topic in topics { _ = try consumer.partitionCount(of: topic, milliseconds: 3000) }
        readiness.set(AnalyticsWorker.part, missing: "the group to assign the partitions")
        if kind == .kafka {
            try claim.write()
            return try consumer.subscribe()
        }
        // A killed member is waited for by the mock cluster for twice its session: partitions are chosen instead.
        try consumer.assign(beginning)
        showAssignment()
    }

    /// The beginning of everything.
    private var beginning: Offsets {
        Dictionary(uniqueKeysWithValues: OrderTopics.partitions(of: AnalyticsWorker.topics).map { ($0, Int64(0)) })
    }

    private var isAssigned: Bool {
        consumer.assignment.count == AnalyticsWorker.topics.count * OrderTopics.partitionCount
    }

    private func showAssignment() {
        let refusal = consumer.refusal?.mistake
        readiness.set(
            AnalyticsWorker.part, missing: isAssigned ? nil : refusal ?? "the group to assign the partitions",
            isPermanent: refusal != nil)
    }

    private func turn() {
        serveCommands()
        // A fault holds one record back at a time, each with its own delay.
        let hasFaults = faults.delaySeconds > 0 || faults.fails
        if batch.count == 0 {
            let before = consumer.assignment
            consumer.take(batch, most: hasFaults ? 1 : 5000)
            if consumer.assignment != before || consumer.refusal != nil { showAssignment() }
        }
        guard batch.count > 0 else {
            if consumer.takeClusterChange() {
                log.warning("another broker answers: its log is read from the beginning")
                mustBeginAnew = true
            }
            if mustBeginAnew { beginAnew() }
            commit()
            let soon = EventLoop.now() &+ AnalyticsWorker.commitPause
            return consumer.wait(mailbox, until: soon)
        }
        if hasFaults, batch.hasRecords {
            let now = EventLoop.now()
            if case .closed(let until) = gate.pass(at: now, delaySeconds: faults.delaySeconds, fails: faults.fails) {
                commit()
                return mailbox.wait(until: min(until, now &+ 100_000_000))
            }
        } else {
            gate.clear()
        }
        count()
        batch.clear()
        commit()
    }

    private func count() {
        board.update { metrics in
            batch.forEach { element in
                switch element {
                case .record(let record): count(record, &metrics)
                // Markers of transactions are no lag: the end is where the group reads on.
                case .endOfPartition(let place, let offset): move(place, from: offset, to: offset)
                case .error(let error): log.debug("while consuming", [.error: error.description])
                }
            }
        }
    }

    private func count(_ record: KafkaRecord, _ metrics: inout Metrics) {
        let place = TopicPartition(AnalyticsWorker.topics[record.topicIndex], record.partition)
        move(place, from: record.offset, to: record.offset + 1)
        let kinds = record.topicIndex == 0 ? AnalyticsWorker.orderKinds : AnalyticsWorker.outcomeKinds
        if let event = try? OrderEvent(record, expecting: kinds) {
            metrics.add(event, at: .init(partition: record.partition, offset: record.offset))
        } else {
            metrics.addMalformed()
        }
    }

    // MARK: Offsets

    private func move(_ place: TopicPartition, from offset: Int64, to end: Int64) {
        guard progress.move(place, from: offset, to: end) else { return }
        log.error("a partition begins anew: what was read of it is gone", [.detail: "\(place)"])
        readiness.warn("the log has lost records: \(place) begins anew, and what was read of it before is gone")
    }

    /// Reads another cluster's log from its beginning; what was counted before stays.
    private func beginAnew() {
        // Else the next assignment begins there.
        mustBeginAnew = isAssigned && (try? consumer.seek(beginning)) == nil
        if !mustBeginAnew { progress = ReadProgress(next: beginning) }
    }

    /// Tells the group how far it has come, every tenth of a second; without waiting, but for the last time.
    private func commit(isLast: Bool = false) {
        let now = EventLoop.now()
        guard isLast || now >= commitDue else { return }
        if let error = consumer.takeCommitFailure() {
            // Which of them got through is not known: at rest nothing else would make up for the others.
            log.debug("committing once more", [.error: error.description])
            progress.forgetCommitted()
        }
        let offsets = progress.uncommitted.filter { consumer.assignment.contains($0.key) }
        guard !offsets.isEmpty else { return }
        commitDue = now &+ AnalyticsWorker.commitPause
        // One that fails is made again: the counters do not depend on it.
        if (try? consumer.commit(offsets, waits: isLast)) != nil { progress.noteCommitted(offsets) }
    }

    // MARK: Commands

    private func serveCommands() {
        for command in mailbox.take() {
            switch command {
            case .reset(let answer): answer(reset())
            }
        }
    }

    private func refuseCommands() {
        for command in mailbox.take() {
            switch command {
            case .reset(let answer): answer(nil)
            }
        }
    }

    /// - Returns: the number of the new generation, `nil` where nothing is read.
    private func reset() -> Int? {
        guard isAssigned, consumer.fatalError == nil else { return nil }
        // What is in hand was read before. What librdkafka has fetched is dropped by the seek.
        batch.clear()
        gate.clear()
        do throws(KafkaError) {
            try consumer.seek(beginning)
        } catch {
            log.error("the offsets cannot be reset", [.error: error.description])
            return nil
        }
        // Who looks at the group's lag sees all of it again.
        progress = ReadProgress(next: beginning)
        commitDue = 0
        commit()
        let generation = board.reset()
        log.info("reading everything again", [.count: "\(generation)"])
        return generation
    }

    /// The member was fenced: by another instance, or by a request of its own that a broker answered twice.
    private func losePlace(_ error: KafkaError) {
        batch.clear()
        serveCommands()
        guard !isFenced else { return mailbox.wait(until: EventLoop.now() &+ 1_000_000_000) }
        readiness.set(AnalyticsWorker.part, missing: "the group to assign the partitions")
        do throws(KafkaError) {
            isFenced = try claim.isAnothers()
            if !isFenced {
                log.info("joining the group again", [.error: error.description])
                try consumer.reopen()
                // Commits that were under way went with the old client.
                progress.forgetCommitted()
                return try consumer.subscribe()
            }
        } catch {
            return mailbox.wait(until: EventLoop.now() &+ 200_000_000)
        }
        readiness.condition = "fenced"
        readiness.missingState = "the numbers, since another instance has taken its place"
        readiness.set(AnalyticsWorker.part, missing: "its place in the group, which another instance has taken")
        log.error("another instance has taken this one's place: it counts nothing more, stop it")
    }
}
