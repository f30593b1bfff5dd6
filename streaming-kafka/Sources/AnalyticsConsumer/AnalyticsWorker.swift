internal import CampusModel
internal import KafkaClient
internal import OrderRecords
internal import ServiceKit
internal import Workflow

/// Counts on a thread of its own: it reads both topics from their beginning and commits how far it has come.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread, which ``start()`` makes.
final class AnalyticsWorker: @unchecked Sendable {
    let consumer: KafkaConsumer
    private let settings: KafkaSettings
    private let current: CurrentMetrics
    private let faults: Faults
    private let readiness: Readiness
    private let log: Logger
    private let worker = Worker("analytics")
    private let batch: KafkaBatch
    private let claim: GroupClaim
    /// How far this generation has come.
    private var progress = ReadProgress()
    private var commitDue: EventLoop.Nanoseconds = 0
    private var messageFaults = MessageFaults()
    /// Whether the log is another one, whose beginning was not gone to yet.
    private var mustBeginAnew = false
    /// Whether another instance has this one's place.
    private var isFenced = false
    /// In this order they are counted: a throttled replay shows orders from its first second.
    private static let topics = [OrderTopics.orders, OrderTopics.outcomes]
    /// Read the records of each topic.
    private var readers = [
        OrderRecordReader(expecting: [.placed]), OrderRecordReader(expecting: [.reserved, .failed]),
    ]
    private static let part = "analytics"
    /// The shortest time between two commits, in nanoseconds.
    private static let commitPause: EventLoop.Nanoseconds = 100_000_000

    /// Makes the consumer, which does not join yet.
    ///
    /// - Throws: ``KafkaError`` where librdkafka refuses the settings.
    init(
        _ current: CurrentMetrics, _ settings: KafkaSettings, _ faults: Faults, _ readiness: Readiness, log: Logger
    ) throws(KafkaError) {
        self.current = current
        self.settings = settings
        self.faults = faults
        self.readiness = readiness
        self.log = log
        consumer = try KafkaConsumer(
            .member(of: OrderGroups.analytics, topics: AnalyticsWorker.topics).gathering.topicsInTurn, settings,
            on: worker, log: log)
        batch = consumer.makeBatch()
        claim = GroupClaim(OrderGroups.analytics, topic: OrderTopics.orders, settings, log: log)
        readiness.set(AnalyticsWorker.part, missing: "its topics")
    }

    /// Starts the thread.
    func start() { worker.start { _ in await self.run() } }

    /// Clears the counters and reads everything again. From any thread.
    ///
    /// - Returns: the number of the new generation; `nil` if nothing is read at the moment, as after the worker's end.
    func reset() async -> Int? { await worker.ask { self.beginGeneration() } ?? nil }

    /// Takes no new work from now on; what is in hand is finished. From any thread.
    func beginStopping() { worker.beginStopping() }

    /// Commits how far it has come and ends the thread.
    func stop(on loop: EventLoop, until deadline: EventLoop.Nanoseconds) async {
        await worker.stop(on: loop, until: deadline)
    }

    // MARK: The thread

    private func run() async {
        // The counters are kept in memory, so a new process begins at the beginning, and one that joins again goes on.
        consumer.startOffsets = { [unowned self] places in
            Dictionary(uniqueKeysWithValues: places.map { ($0, progress.next[$0] ?? 0) })
        }
        var (backoff, complaints) = (Backoff(0.05...1), Complaints())
        while !worker.mustStop {
            do throws(KafkaError) {
                try await join()
                readiness.set("log", missing: nil)
                break
            } catch {
                readiness.set("log", missing: error.mistake, isPermanent: true)
                if complaints.isNew(error) { log.warning("the topics cannot be read yet", [.error: error.description]) }
                await worker.pause(seconds: backoff.next())
            }
        }
        while !worker.mustStop {
            if let error = consumer.fatalError { await losePlace(error) } else { await turn() }
        }
        batch.clear()
        commit(isLast: true)
        await consumer.close(seconds: 2)
    }

    private func join() async throws(KafkaError) {
        let topics = AnalyticsWorker.topics
        let kind = try await Cluster.prepare(
            settings, topics: OrderTopics.all, rebuilding: topics, readiness, on: worker, log: log)
        let loss = try await LogInspection.inspect(topics, on: kind, settings, on: worker, log: log)
        loss.tell(readiness, log)
        for topic in topics { _ = try consumer.partitionCount(of: topic, milliseconds: 3000) }
        readiness.set(AnalyticsWorker.part, missing: "the group to assign the partitions")
        if kind == .kafka {
            try claim.write()
            return try consumer.subscribe()
        }
        // A killed member is waited for by the mock cluster for twice its session: partitions are chosen instead.
        try await consumer.assign(beginning)
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

    private func turn() async {
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
            return await consumer.wait(until: EventLoop.now() &+ AnalyticsWorker.commitPause)
        }
        if hasFaults, batch.hasRecords {
            let now = EventLoop.now()
            if case .hold(let until) = messageFaults.decide(
                at: now, delaySeconds: faults.delaySeconds, fails: faults.fails)
            {
                commit()
                return await worker.wait(until: min(until, now &+ 100_000_000))
            }
        } else {
            messageFaults.clear()
        }
        count()
        batch.clear()
        commit()
        // What was asked meanwhile is answered between two batches, however many there are.
        await Task.yield()
    }

    private func count() {
        current.update { metrics in
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
        if let event = try? readers[record.topicIndex].read(record) {
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

    // MARK: Starting over

    /// Begins the next generation. Between two steps of the worker's task, which leaves nothing half done where it waits.
    ///
    /// - Returns: the number of the new generation; `nil` if nothing is read.
    private func beginGeneration() -> Int? {
        // Once the worker stops, its consumer is closed while questions are still answered.
        guard !worker.mustStop, isAssigned, consumer.fatalError == nil else { return nil }
        // What is in hand was read before. What librdkafka has fetched is dropped by the seek.
        batch.clear()
        messageFaults.clear()
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
        let generation = current.reset()
        log.info("reading everything again", [.count: "\(generation)"])
        return generation
    }

    /// The member was fenced: by another instance, or by a request of its own that a broker answered twice.
    private func losePlace(_ error: KafkaError) async {
        batch.clear()
        guard !isFenced else { return await worker.pause(seconds: 1) }
        readiness.set(AnalyticsWorker.part, missing: "the group to assign the partitions")
        do throws(KafkaError) {
            isFenced = try await claim.isAnothers(on: worker)
            if !isFenced {
                log.info("joining the group again", [.error: error.description])
                try consumer.reopen()
                // Commits that were under way went with the old client.
                progress.forgetCommitted()
                return try consumer.subscribe()
            }
        } catch {
            return await worker.pause(seconds: 0.2)
        }
        readiness.condition = .fenced
        readiness.missingState = "the numbers, since another instance has taken its place"
        readiness.set(AnalyticsWorker.part, missing: "its place in the group, which another instance has taken")
        log.error("another instance has taken this one's place: it counts nothing more, stop it")
    }
}
