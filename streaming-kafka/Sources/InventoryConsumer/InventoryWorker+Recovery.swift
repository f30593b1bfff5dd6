internal import CampusModel
internal import KafkaClient
internal import OrderRecords
internal import ServiceKit

/// The steps from nothing, or from doubt, to a running consumer.
extension InventoryWorker {
    /// Finds out what the broker can do.
    func connect() async throws(KafkaError) {
        kind = try await Cluster.prepare(
            settings, topics: OrderTopics.all, rebuilding: [OrderTopics.outcomes, OrderTopics.deadLetters], readiness,
            on: worker, log: log)
        isTransactional = delivery.usesTransactions(on: kind)
        if !isTransactional {
            readiness.warn(
                kind == .embedded
                    ? "the embedded broker has no transactions: outcomes are at least once, copies dropped by order_id"
                    : "transactions are switched off: outcomes are at least once, copies dropped by order_id")
            log.warning("working without transactions: at least once, copies dropped by order_id")
        }
        if kind == .kafka {
            try claim.write()
            try consumer.subscribe()
        } else {
            // A killed member is waited for by the mock cluster for twice its session: partitions are chosen instead.
            try await consumer.assign(beginning)
        }
        take(.connected)
    }

    /// The beginning of everything.
    var beginning: Offsets {
        Dictionary(uniqueKeysWithValues: OrderTopics.partitions(of: [OrderTopics.orders]).map { ($0, Int64(0)) })
    }

    /// Serves the group until all partitions are here: stock is one, so an instance with some of them must not decide.
    func join() async {
        let count = serveGroup()
        if consumer.assignment.count >= OrderTopics.partitionCount { return take(.assigned) }
        if consumer.refusal != nil { showState() }
        // The descriptor does not tell of what was left in the queue, perhaps the assignment itself.
        guard count == 0 else { return }
        await consumer.wait(until: EventLoop.now() &+ 100_000_000)
    }

    /// Serves the group's events; records that come are read again, from where the group stands.
    ///
    /// - Returns: how many elements there were; while it is not 0, there may be more.
    @discardableResult
    func serveGroup() -> Int {
        defer { batch.clear() }
        return consumer.take(batch, most: 100)
    }

    /// Fences what worked under this name before. A group's member is what fences, so this comes after joining.
    func initialize() async throws(KafkaError) {
        serveGroup()
        guard lifecycle.state == .initializing else { return }
        producer?.destroy()
        producer = nil
        let end = EventLoop.now() &+ 5_000_000_000
        while !worker.mustStop {
            let fresh: BatchProducer
            if let producer { fresh = producer } else { fresh = try makeProducer(isTransactional: isTransactional) }
            producer = fresh
            do throws(KafkaError) {
                try await fresh.initialize(milliseconds: 60)
                return take(.initialized)
            } catch {
                guard EventLoop.now() < end, error.isConcurrentTransactions || error.isRetriable else { throw error }
                // The broker is ending the transaction of a killed predecessor. This handle would ask again after half a
                // second, a new one asks at once.
                if error.isConcurrentTransactions {
                    fresh.destroy()
                    producer = nil
                    // A new client costs the broker and this process more than asking does.
                    await worker.pause(seconds: 0.01)
                }
            }
        }
    }

    func makeProducer(isTransactional: Bool) throws(KafkaError) -> BatchProducer {
        try BatchProducer(
            isTransactional ? .transactions(id: "campus-inventory") : .reports, settings,
            topics: [OrderTopics.outcomes, OrderTopics.deadLetters], on: worker, log: log)
    }

    /// Goes to where the group stands, which is behind every order that was decided.
    func position() async throws(KafkaError) {
        serveGroup()
        guard lifecycle.state == .positioning, let producer else { return }
        // Leaders are asked for first: neither the first fetch nor the first record then waits for that.
        try producer.warmUp(topic: 0, milliseconds: 3000)
        _ = try consumer.partitionCount(of: OrderTopics.orders, milliseconds: 3000)
        let committed = try consumer.committed(Array(beginning.keys), milliseconds: 3000)
        progress = ReadProgress(next: beginning.merging(committed) { $1 }, committed: committed)
        try await consumer.assign(progress.next)
        batch.clear()
        messageFaults.clear()
        take(.positioned)
    }

    /// Undoes a batch that the broker did not take.
    func abort() async throws(KafkaError) {
        try await retrying(seconds: 5) { () async throws(KafkaError) in try await producer?.abort(milliseconds: 1000) }
        inventory.undoBatch()
        // What fails again and again is not tried at full speed.
        await worker.pause(seconds: retries.next())
        take(.aborted)
    }

    /// Starts over if the producer was fenced though this member was not: its own transaction timed out, say.
    ///
    /// Two instances that both started over at once would fence each other for ever. The group tells which of them must
    /// stop, with the next heartbeat, which is half a second away at most.
    func resolveDoubt() async {
        inventory.undoBatch()
        producer?.destroy()
        producer = nil
        let patience: EventLoop.Nanoseconds = lastFailure?.isFatal == true && isTransactional ? 1_500_000_000 : 0
        let end = EventLoop.now() &+ patience
        while consumer.fatalError == nil, lifecycle.state == .doubting, !worker.mustStop, EventLoop.now() < end {
            serveGroup()
            await worker.pause(seconds: 0.05)
        }
        if consumer.fatalError == nil { take(.cleared) }
    }

    /// Makes the same call again for as long as its errors may pass.
    func retrying(seconds: Double, _ call: () async throws(KafkaError) -> Void) async throws(KafkaError) {
        let end = EventLoop.now() &+ EventLoop.Nanoseconds(seconds * 1e9)
        while true {
            do throws(KafkaError) {
                return try await call()
            } catch {
                guard error.isRetriable, EventLoop.now() < end, !worker.mustStop else { throw error }
            }
        }
    }
}
