internal import CampusModel
internal import KafkaClient
internal import OrderRecords
internal import ServiceKit
internal import Workflow

/// Brings the outcomes from their topic to the orders and, at the start, all that has happened from the log.
///
/// `@unchecked Sendable`: the consumer belongs to the worker's thread, which ``start()`` makes; the rest does not change.
final class OutcomeFeed: @unchecked Sendable {
    private let service: OrderService
    private let settings: KafkaSettings
    private let readiness: Readiness
    private let log: Logger
    private let consumer: KafkaConsumer
    private let assign: @Sendable (KafkaConsumer, Offsets) async throws(KafkaError) -> Void
    private let worker = Worker("outcomes")
    private static let topics = [OrderTopics.outcomes, OrderTopics.orders]
    private static let part = "outcomes"

    /// Makes the consumer, which reads nothing yet.
    ///
    /// - Parameter assign: has the consumer follow the outcomes from where the log ended; tests have it fail.
    /// - Throws: ``KafkaError`` where librdkafka refuses the settings.
    init(
        _ service: OrderService, _ settings: KafkaSettings, _ readiness: Readiness, log: Logger,
        assign: @escaping @Sendable (KafkaConsumer, Offsets) async throws(KafkaError) -> Void = {
            consumer, offsets async throws(KafkaError) in try await consumer.assign(offsets)
        }
    ) throws(KafkaError) {
        self.assign = assign
        self.service = service
        self.settings = settings
        self.readiness = readiness
        self.log = log
        consumer = try KafkaConsumer(
            .reader(group: "order-status", topics: OutcomeFeed.topics), settings, on: worker, log: log)
        readiness.set(OutcomeFeed.part, missing: "its topics")
        readiness.missingState = "the orders, which are being rebuilt from the log"
    }

    /// Starts the thread.
    func start() { worker.start { _ in await self.run() } }

    /// Ends the thread.
    func stop(on loop: EventLoop, until deadline: EventLoop.Nanoseconds) async {
        await worker.stop(on: loop, until: deadline)
    }

    private func run() async {
        let ends = await untilItWorks("the orders cannot be rebuilt yet") { () async throws(KafkaError) in
            try await rebuild()
        }
        if let ends { await follow(from: ends.filter { $0.key.topic == OrderTopics.outcomes }) }
        await consumer.close(seconds: 2)
    }

    /// Tries again and again, with a pause that grows.
    ///
    /// - Returns: `nil` if the service stops before it has worked.
    private func untilItWorks<Result>(
        _ complaint: StaticString, _ body: () async throws(KafkaError) -> Result
    ) async -> Result? {
        var (backoff, complaints) = (Backoff(0.05...1), Complaints())
        while !worker.mustStop {
            do throws(KafkaError) {
                let result = try await body()
                readiness.set("log", missing: nil)
                return result
            } catch {
                if complaints.isNew(error) { log.warning(complaint, [.error: error.description]) }
                readiness.set("log", missing: error.mistake, isPermanent: true)
                await worker.pause(seconds: backoff.next())
            }
        }
        return nil
    }

    private func rebuild() async throws(KafkaError) -> Offsets {
        let kind = try await Cluster.prepare(
            settings, topics: OrderTopics.all, rebuilding: OutcomeFeed.topics, readiness, on: worker, log: log)
        let loss = try await LogInspection.inspect(OutcomeFeed.topics, on: kind, settings, on: worker, log: log)
        loss.tell(readiness, log)
        readiness.set(OutcomeFeed.part, missing: "the orders, which are being rebuilt from the log")
        var restored = RestoredOrders()
        var placements = OrderRecordReader(expecting: [.placed])
        var outcomes = OutcomeFeed.outcomes
        let ends = try await LogReplay.read(OutcomeFeed.topics, with: consumer) { record in
            if record.topicIndex == 0 {
                if let outcome = try? outcomes.read(record) { restored.add(outcome) }
            } else if let placed = try? placements.read(record) {
                restored.add(placed, key: record.idempotencyKey)
            }
        }
        service.restore(restored)
        readiness.missingState = nil
        service.open()
        readiness.set(OutcomeFeed.part, missing: nil)
        return ends
    }

    private static var outcomes: OrderRecordReader { OrderRecordReader(expecting: [.reserved, .failed]) }

    /// Reads the outcomes on from where the log ended; librdkafka comes back by itself when the broker does.
    private func follow(from ends: Offsets) async {
        await read(from: ends)
        let batch = consumer.makeBatch()
        var decided: [Order] = []
        var outcomes = OutcomeFeed.outcomes
        while !worker.mustStop {
            // Few enough that nobody waits long for the store meanwhile.
            let count = consumer.take(batch, most: 500)
            decided.removeAll(keepingCapacity: true)
            batch.forEach {
                guard case .record(let record) = $0, let outcome = try? outcomes.read(record) else { return }
                decided.append(outcome.order)
            }
            service.takeOutcomes(decided)
            if count == 0 {
                if consumer.takeClusterChange() {
                    log.warning("another broker answers: its log is read from the beginning")
                    await read(from: ends.mapValues { _ in 0 })
                }
                await consumer.wait(until: EventLoop.now() &+ 100_000_000)
            }
        }
        batch.clear()
    }

    /// Reads from these offsets on, as soon as librdkafka lets it; until then the service is not ready.
    private func read(from offsets: Offsets) async {
        let isReading: Void? = await untilItWorks("the outcomes cannot be read yet") { () async throws(KafkaError) in
            do throws(KafkaError) {
                try await assign(consumer, offsets)
            } catch {
                readiness.set(OutcomeFeed.part, missing: "the outcomes, which cannot be read yet")
                throw error
            }
        }
        if isReading != nil { readiness.set(OutcomeFeed.part, missing: nil) }
    }
}
