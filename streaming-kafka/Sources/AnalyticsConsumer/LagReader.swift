internal import CampusModel
internal import KafkaClient
internal import ServiceKit
internal import Synchronization

/// Asks the broker for the groups' offsets and the ends of their partitions, on a thread of its own.
///
/// It is no member of either group: a group's offsets can be asked for from outside.
final class LagReader: Sendable {
    private typealias Answer = @Sendable (LagReport?) -> Void
    private let mailbox = Mailbox<Answer>()
    private let isStopped = Atomic<Bool>(false)
    private let analytics: KafkaConsumer
    private let inventory: KafkaConsumer
    private let log: Logger

    private static let topics: [(group: String, topics: [String])] = [
        (OrderGroups.analytics, [OrderTopics.orders, OrderTopics.outcomes]),
        (OrderGroups.inventory, [OrderTopics.orders]),
    ]

    /// Starts the thread.
    ///
    /// - Parameter analytics: the member of the analytics' group, which is asked beside its own work.
    /// - Throws: ``KafkaError`` where librdkafka refuses the settings.
    init(_ analytics: KafkaConsumer, _ settings: KafkaSettings, log: Logger) throws(KafkaError) {
        self.analytics = analytics
        self.log = log
        inventory = try KafkaConsumer(
            .reader(group: OrderGroups.inventory, topics: [OrderTopics.orders]), settings, log: log)
        ServiceThread.start("lag") { self.run() }
    }

    /// Asks for the lag of both groups. Call it on the loop.
    ///
    /// - Returns: `nil` where the broker does not answer in time.
    func read() async -> LagReport? {
        await withUnsafeContinuation { continuation in mailbox.post { continuation.resume(returning: $0) } }
    }

    /// Ends the thread.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        mailbox.wake()
    }

    private func run() {
        while !isStopped.load(ordering: .relaxed) {
            mailbox.wait(until: nil)
            let answers = mailbox.take()
            guard !answers.isEmpty else { continue }
            var report: LagReport?
            do throws(KafkaError) {
                report = try ask()
            } catch {
                log.warning("the lag cannot be told", [.error: error.description])
            }
            for answer in answers { answer(report) }
        }
        inventory.close(seconds: 1)
    }

    private func ask() throws(KafkaError) -> LagReport {
        let deadline = EventLoop.now() &+ 4_000_000_000
        var groups: [(name: String, entries: [LagReport.Entry])] = []
        let all = OrderTopics.partitions(of: [OrderTopics.orders, OrderTopics.outcomes])
        // The offsets first: what is committed meanwhile then makes no lag that never was.
        var committed: [String: Offsets] = [:]
        for (group, topics) in LagReader.topics {
            let consumer = group == OrderGroups.inventory ? inventory : analytics
            committed[group] = try consumer.committed(OrderTopics.partitions(of: topics), milliseconds: left(deadline))
        }
        var marks: [TopicPartition: (low: Int64, end: Int64)] = [:]
        for place in all {
            marks.merge(try analytics.watermarks([place], milliseconds: left(deadline))) { $1 }
        }
        for (group, topics) in LagReader.topics {
            let entries = OrderTopics.partitions(of: topics).map { place in
                let mark = marks[place] ?? (0, 0)
                return LagReport.Entry(place, committed: committed[group]?[place], low: mark.low, end: mark.end)
            }
            groups.append((group, entries))
        }
        return LagReport(groups: groups)
    }

    private func left(_ deadline: EventLoop.Nanoseconds) -> Int32 {
        let now = EventLoop.now()
        return now >= deadline ? 1 : Int32((deadline - now) / 1_000_000)
    }
}
