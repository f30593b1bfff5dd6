internal import KafkaClient
internal import OrderRecords
internal import ServiceKit
internal import Workflow

/// Rebuilding the stock from the log, and finding out whether the log is whole.
extension InventoryWorker {
    private static let lossPart = "log"

    /// Rebuilds the inventory from what was told, and what could not be read from its copies.
    ///
    /// From a log that has lost outcomes the stock would be too large, and orders would be decided once more. So nothing is
    /// decided then, unless the service was started with `ALLOW_LOST_STATE=1`.
    func replay() async throws(KafkaError) {
        serveGroup()
        guard lifecycle.state == .replaying else { return }
        let topics = [OrderTopics.outcomes, OrderTopics.deadLetters]
        // Asked before the log is read: what is told then must be in it.
        let told = try consumer.committedWithNotes(Array(beginning.keys), milliseconds: 3000).notes
        let reader = try KafkaConsumer(
            .reader(group: "inventory-replay", topics: topics), settings, on: worker, log: log)
        defer { reader.close() }
        let rebuilt = try await read(topics, with: reader)
        let found = rebuilt.counts.decided
        var loss = LogLoss()
        let places = OrderTopics.partitions(of: [OrderTopics.outcomes])
        loss.checkBeginnings(try reader.watermarks(places, milliseconds: 3000))
        let isTrimmed = !loss.isEmpty
        // The embedded broker loses what its groups have committed with its log.
        let must = kind == .kafka ? DecisionCount.greatest(told) : 0
        loss.checkOutcomes(found, told: must)
        guard try await mayDecide(loss, isTrimmed: isTrimmed) else { return }
        logged = max(found, must)
        inventory = rebuilt
        committed.show(inventory)
        take(.replayed)
    }

    private func read(_ topics: [String], with reader: KafkaConsumer) async throws(KafkaError) -> BatchedInventory {
        var rebuilt = committed.untouched
        var deadLetters: Set<[UInt8]> = []
        var outcomes = OrderRecordReader(expecting: [.reserved, .failed])
        _ = try await LogReplay.read(topics, with: reader) { record in
            if record.topicIndex == 1 {
                if let origin = DeadLetter.origin(of: record), deadLetters.insert(origin).inserted {
                    rebuilt.countMalformed()
                }
            } else if let event = try? outcomes.read(record) {
                rebuilt.restore(event)
            }
        }
        return rebuilt
    }

    /// Whether orders may be decided on what was read; tells of a loss, and waits, where they may not.
    ///
    /// - Throws: ``KafkaError``, a retriable one, while outcomes that are missing may still come.
    private func mayDecide(_ loss: LogLoss, isTrimmed: Bool) async throws(KafkaError) -> Bool {
        guard !loss.isEmpty else {
            missedSince = nil
            readiness.set(InventoryWorker.lossPart, missing: nil)
            return true
        }
        let now = EventLoop.now()
        let since = missedSince ?? now
        missedSince = since
        guard isTrimmed || now >= since &+ EventLoop.Nanoseconds(LogInspection.patience * 1e9) else {
            throw KafkaError(code: -1, "not all outcomes can be read yet", isRetriable: true)
        }
        if loss.problems != toldProblems { loss.tell(readiness, log) }
        toldProblems = loss.problems
        if allowsLostState { return true }
        let problems = loss.problems.joined(separator: ", ")
        readiness.set(
            InventoryWorker.lossPart,
            missing: "the log that the stock is rebuilt from has lost records (\(problems)), so nothing is decided: "
                + "restore the topic \(OrderTopics.outcomes), or start with ALLOW_LOST_STATE=1",
            isPermanent: true)
        readiness.missingState = "the stock, since the log that it is rebuilt from has lost records"
        await worker.pause(seconds: 5)
        return false
    }
}
