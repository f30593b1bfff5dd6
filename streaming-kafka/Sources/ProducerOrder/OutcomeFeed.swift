internal import CampusModel
internal import KafkaClient
internal import ServiceKit
internal import Synchronization

/// Brings the outcomes from their topic to the desk and, at the start, all that has happened from the log.
///
/// `@unchecked Sendable`: what is mutable belongs to the feed's thread, which ``start()`` makes.
final class OutcomeFeed: @unchecked Sendable {
    private let desk: OrderDesk
    private let settings: KafkaSettings
    private let readiness: Readiness
    private let log: Logger
    private let consumer: KafkaConsumer
    private let assign: @Sendable (KafkaConsumer, Offsets) throws(KafkaError) -> Void
    private let mailbox = Mailbox<Void>()
    private let isStopping = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)
    private static let topics = [OrderTopics.outcomes, OrderTopics.orders]
    private static let part = "outcomes"

    /// Makes the consumer, which reads nothing yet.
    ///
    /// - Parameter assign: has the consumer follow the outcomes from where the log ended; tests have it fail.
    /// - Throws: ``KafkaError`` where librdkafka refuses the settings.
    init(
        _ desk: OrderDesk, _ settings: KafkaSettings, _ readiness: Readiness, log: Logger,
        assign: @escaping @Sendable (KafkaConsumer, Offsets) throws(KafkaError) -> Void = {
            consumer, offsets throws(KafkaError) in try consumer.assign(offsets)
        }
    ) throws(KafkaError) {
        self.assign = assign
        self.desk = desk
        self.settings = settings
        self.readiness = readiness
        self.log = log
        consumer = try KafkaConsumer(
            .reader(group: "order-status", topics: OutcomeFeed.topics).gathering, settings, log: log)
        readiness.set(OutcomeFeed.part, missing: "its topics")
        readiness.missingState = "the orders, which are being rebuilt from the log"
    }

    /// Starts the thread.
    func start() { ServiceThread.start("outcomes") { self.run() } }

    /// Ends the thread.
    func stop(on loop: EventLoop, until deadline: EventLoop.Nanoseconds) async {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        mailbox.wake()
        while !hasEnded.load(ordering: .sequentiallyConsistent), EventLoop.now() < deadline {
            await loop.sleep(seconds: 0.005)
        }
    }

    private var mustStop: Bool { isStopping.load(ordering: .sequentiallyConsistent) }

    private func run() {
        if let ends = untilItWorks("the orders cannot be rebuilt yet", { () throws(KafkaError) in try rebuild() }) {
            follow(from: ends.filter { $0.key.topic == OrderTopics.outcomes })
        }
        consumer.close(seconds: 2)
        hasEnded.store(true, ordering: .sequentiallyConsistent)
    }

    /// Tries again and again, with a pause that grows.
    ///
    /// - Returns: `nil` where the service stops before it has worked.
    private func untilItWorks<Result>(
        _ complaint: StaticString, _ body: () throws(KafkaError) -> Result
    ) -> Result? {
        var (backoff, complaints) = (Backoff(0.05...1), Complaints())
        while !mustStop {
            do throws(KafkaError) {
                let result = try body()
                readiness.set("log", missing: nil)
                return result
            } catch {
                if complaints.isNew(error) { log.warning(complaint, [.error: error.description]) }
                readiness.set("log", missing: error.mistake, isPermanent: true)
                mailbox.wait(until: EventLoop.now() &+ EventLoop.Nanoseconds(backoff.next() * 1e9))
                _ = mailbox.take()
            }
        }
        return nil
    }

    private func rebuild() throws(KafkaError) -> Offsets {
        let kind = try Cluster.prepare(
            settings, topics: OrderTopics.all, rebuilding: OutcomeFeed.topics, readiness, log: log)
        let loss = try LogInspection.inspect(OutcomeFeed.topics, on: kind, settings, log: log, goesOn: { !mustStop })
        loss.tell(readiness, log)
        readiness.set(OutcomeFeed.part, missing: "the orders, which are being rebuilt from the log")
        var restored = RestoredOrders()
        let ends = try LogReplay.read(OutcomeFeed.topics, with: consumer, goesOn: { !mustStop }) { record in
            if record.topicIndex == 0 {
                if let outcome = OutcomeFeed.outcome(record) { restored.add(outcome) }
            } else if let placed = try? OrderEvent(record, expecting: [.placed]) {
                restored.add(placed, key: OutcomeFeed.key(record))
            }
        }
        desk.restore(restored)
        readiness.missingState = nil
        desk.open()
        readiness.set(OutcomeFeed.part, missing: nil)
        return ends
    }

    /// A key that no client could have sent is none.
    private static func key(_ record: KafkaRecord) -> String? {
        guard let key = record.header(OrderEvent.keyHeader), key.count <= 255 else { return nil }
        return String(validating: key, as: UTF8.self)
    }

    private static func outcome(_ record: KafkaRecord) -> OrderEvent? {
        try? OrderEvent(record, expecting: [.reserved, .failed])
    }

    /// Reads the outcomes on from where the log ended; librdkafka comes back by itself where the broker does.
    private func follow(from ends: Offsets) {
        read(from: ends)
        let batch = consumer.makeBatch()
        var decided: [Order] = []
        while !mustStop {
            // Few enough that nobody waits long for the store meanwhile.
            let count = consumer.take(batch, most: 500)
            decided.removeAll(keepingCapacity: true)
            batch.forEach {
                guard case .record(let record) = $0, let outcome = OutcomeFeed.outcome(record) else { return }
                decided.append(outcome.order)
            }
            desk.settle(decided)
            if count == 0 {
                if consumer.takeClusterChange() {
                    log.warning("another broker answers: its log is read from the beginning")
                    read(from: ends.mapValues { _ in 0 })
                }
                consumer.wait(mailbox, until: EventLoop.now() &+ 100_000_000)
                _ = mailbox.take()
            }
        }
        batch.clear()
    }

    /// Reads from these offsets on, as soon as librdkafka lets it; until then the service is not ready.
    private func read(from offsets: Offsets) {
        let isReading: Void? = untilItWorks("the outcomes cannot be read yet") { () throws(KafkaError) in
            do throws(KafkaError) {
                try assign(consumer, offsets)
            } catch {
                readiness.set(OutcomeFeed.part, missing: "the outcomes, which cannot be read yet")
                throw error
            }
        }
        if isReading != nil { readiness.set(OutcomeFeed.part, missing: nil) }
    }
}
