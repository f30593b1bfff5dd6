public import KafkaClient
public import ServiceKit

/// Looks whether the topics that a service rebuilds its state from have lost records, by what groups have committed.
public enum LogInspection {
    /// So many seconds something that seems to be missing may still come: a broker says that it has committed a moment before
    /// readers see it, and a transaction that nobody ends is ended by its broker after ten seconds.
    public static let patience = 12.0

    /// Compares the topics with what InventoryConsumer and AnalyticsConsumer have committed.
    ///
    /// The embedded broker loses its groups' offsets with its log, and services that go on commit those of the old one to the
    /// new one: of its topics only the beginning is looked at.
    ///
    /// - Parameter worker: the caller's own. Its thread waits for the broker's answers; the inspection ends early if it must stop.
    public static func inspect(
        _ topics: [String], on kind: Cluster.Kind, _ settings: KafkaSettings, on worker: Worker, log: Logger
    ) async throws(KafkaError) -> LogLoss {
        let inventory = try KafkaConsumer(
            .reader(group: OrderGroups.inventory, topics: topics), settings, on: worker, log: log)
        defer { inventory.close() }
        let analytics = try KafkaConsumer(
            .reader(group: OrderGroups.analytics, topics: topics), settings, on: worker, log: log)
        defer { analytics.close() }
        let places = OrderTopics.partitions(of: topics)
        let orders = OrderTopics.partitions(of: [OrderTopics.orders])
        let end = EventLoop.now() &+ EventLoop.Nanoseconds(patience * 1e9)
        while true {
            var loss = LogLoss()
            // What is committed first: what comes meanwhile then makes no loss that never was.
            var decided: (offsets: Offsets, notes: [String]) = ([:], [])
            if kind == .kafka { decided = try inventory.committedWithNotes(orders, milliseconds: 5000) }
            let counted = kind == .kafka ? try analytics.committed(places, milliseconds: 5000) : [:]
            let marks = try inventory.watermarks(places, milliseconds: 5000)
            loss.checkBeginnings(marks)
            guard loss.isEmpty, kind == .kafka else { return loss }
            loss.checkEnds(marks, committed: decided.offsets.merging(counted) { max($0, $1) })
            let outcomes = marks.filter { $0.key.topic == OrderTopics.outcomes }.reduce(0) { $0 + Int($1.value.end) }
            if topics.contains(OrderTopics.outcomes) {
                // Markers count too, so that this is the most there can be.
                loss.checkOutcomes(outcomes, told: DecisionCount.greatest(decided.notes))
            }
            guard !loss.isEmpty, EventLoop.now() < end, !worker.mustStop else { return loss }
            await worker.pause(seconds: 0.2)
        }
    }
}

extension LogLoss {
    /// Tells of it, in the log as an error and on `/ready` as a warning.
    public func tell(_ readiness: Readiness, _ log: Logger) {
        for problem in problems {
            readiness.warn("the log has lost records: " + problem)
            log.error("the log has lost records that state is rebuilt from", [.detail: problem])
        }
    }
}
