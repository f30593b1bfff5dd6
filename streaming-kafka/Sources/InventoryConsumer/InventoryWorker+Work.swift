internal import CampusModel
internal import KafkaClient
internal import OrderRecords
internal import ServiceKit
internal import Tracing
internal import Workflow
internal import WorkflowHTTP

/// The running consumer: what is there is taken, decided and committed at once.
extension InventoryWorker {
    private static let longestBatch = 5000

    func work() async throws(KafkaError) {
        // A fault holds one record back at a time, each with its own delay.
        let hasFaults = faults.delaySeconds > 0 || faults.fails
        if batch.count == 0 {
            if EventLoop.now() < interval.next { return await worker.wait(until: interval.next) }
            consumer.take(batch, most: hasFaults ? 1 : InventoryWorker.longestBatch)
        }
        guard batch.count > 0, lifecycle.state == .running else {
            batch.clear()
            if lifecycle.state == .running, consumer.takeClusterChange() { return try await beginAnew() }
            return await consumer.wait(until: EventLoop.now() &+ 100_000_000)
        }
        if hasFaults, batch.hasRecords {
            let now = EventLoop.now()
            if case .hold(let until) = messageFaults.decide(
                at: now, delaySeconds: faults.delaySeconds, fails: faults.fails)
            {
                return await worker.wait(until: min(until, now &+ 100_000_000))
            }
        } else {
            messageFaults.clear()
        }
        if batch.hasRecords || movesOn {
            let begun = EventLoop.now()
            try await committed.batch { () async throws(KafkaError) in try await decide() }
            if isTransactional { interval.note(records: batch.count, begun: begun) }
        }
        batch.clear()
    }

    /// Decides about all records in hand, tells the outcomes, and commits both.
    ///
    /// Whatever is thrown, the batch is undone or the inventory is rebuilt before anything else is decided.
    private func decide() async throws(KafkaError) {
        guard let producer else { throw KafkaError(code: -1, "no producer", isFatal: true) }
        inventory.beginBatch()
        let before = inventory.counts.decided
        try producer.begin()
        let now = Order.now()
        var failure: KafkaError?
        batch.forEach { element in
            guard failure == nil else { return }
            do throws(KafkaError) {
                switch element {
                case .record(let record): try decide(record, at: now, producer)
                // Markers of a foreign transaction are no lag: the end is where the group reads on.
                case .endOfPartition(let place, let offset): move(place, from: offset, to: offset)
                case .error(let error): log.debug("while consuming", [.error: error.description])
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try await commit(producer, logged: logged + inventory.counts.decided - before)
    }

    /// Whether the ends in hand are not what is committed, as where markers of a foreign transaction stand before them.
    private var movesOn: Bool {
        var movesOn = false
        batch.forEach {
            guard case .endOfPartition(let place, let offset) = $0 else { return }
            if offset != progress.committed[place] ?? 0 { movesOn = true }
        }
        return movesOn
    }

    private func decide(_ record: KafkaRecord, at now: Double, _ producer: BatchProducer) throws(KafkaError) {
        let place = TopicPartition(OrderTopics.orders, record.partition)
        move(place, from: record.offset, to: record.offset + 1)
        let event: OrderEvent
        do throws(MalformedRecord) {
            event = try reader.read(record)
        } catch {
            inventory.countMalformed()
            log.warning(
                "an event cannot be read and is copied to the dead letters",
                [.detail: "\(place) at \(record.offset)", .error: error.description])
            return try copyToDeadLetters(record, place, error, producer)
        }
        guard case .decided(let verdict) = inventory.decide(event.order) else {
            log.debug("an order came again", [.orderID: "\(event.order.id)"])
            return
        }
        let order = Order(id: event.order.id, item: event.order.item, quantity: event.order.quantity, timestamp: now)
        let outcome = OrderEvent(verdict.isReserved ? .reserved : .failed, order, reason: verdict.reason)
        var context = record.context
        // The key is the order's own matter.
        context.idempotencyKey = nil
        try producer.produce(outcome.record(headers: context.kafkaHeaders), to: 0)
    }

    private func copyToDeadLetters(
        _ record: KafkaRecord, _ place: TopicPartition, _ reason: MalformedRecord, _ producer: BatchProducer
    ) throws(KafkaError) {
        do throws(KafkaError) {
            let copy = DeadLetter.copy(of: record, from: place, reason: reason, isWhole: copiesAreWhole)
            try producer.produce(copy, to: 1)
        } catch {
            guard error.isTooLarge else { throw error }
            try producer.produce(DeadLetter.copy(of: record, from: place, reason: reason, isWhole: false), to: 1)
        }
    }

    private func move(_ place: TopicPartition, from offset: Int64, to end: Int64) {
        guard progress.move(place, from: offset, to: end) else { return }
        log.error("a partition begins anew: what was read of it is gone", [.detail: "\(place)"])
        readiness.warn("the log has lost records: \(place) begins anew, and what was read of it before is gone")
    }

    /// Reads another cluster's log from its beginning; what was decided before stands.
    private func beginAnew() async throws(KafkaError) {
        log.warning("another broker answers: its log is read from the beginning")
        progress = ReadProgress(next: beginning)
        logged = 0
        try await consumer.assign(beginning)
        messageFaults.clear()
    }

    /// - Parameter count: how many outcomes the log has with those of this batch.
    private func commit(_ producer: BatchProducer, logged count: Int) async throws(KafkaError) {
        let (offsets, note) = (progress.uncommitted, DecisionCount.text(count))
        try await retrying(seconds: 1) { () async throws(KafkaError) in
            try await producer.send(offsets, note: note, of: consumer, milliseconds: 1000)
        }
        try await retrying(seconds: 1) { () async throws(KafkaError) in
            try await producer.commit(offsets, note: note, of: consumer, milliseconds: 1000)
        }
        logged = count
        progress.noteCommitted(offsets)
        copiesAreWhole = true
        retries.reset()
        inventory.commitBatch()
        committed.show(inventory)
    }
}
