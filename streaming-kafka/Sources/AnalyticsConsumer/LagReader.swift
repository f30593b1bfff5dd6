internal import CampusModel
internal import KafkaClient
internal import OrderRecords
internal import ServiceKit

/// Asks the broker for the groups' offsets and the ends of their partitions, on a thread of its own.
///
/// The offsets of a group can be asked for from outside: the reader is no member of inventory's group. Of analytics' own group it
/// asks through its member.
///
/// `@unchecked Sendable`: `last` belongs to the worker's thread.
final class LagReader: @unchecked Sendable {
    private let worker = Worker("lag")
    /// The last answer, and when it was asked for.
    private var last: (begun: EventLoop.Nanoseconds, report: LagReport?) = (0, nil)
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
            .reader(group: OrderGroups.inventory, topics: [OrderTopics.orders]), settings, on: worker, log: log)
        worker.start { [self] worker in
            while !worker.mustStop { await worker.wait(until: nil) }
            await inventory.close(seconds: 1)
        }
    }

    /// Asks for the lag of both groups. From any thread.
    ///
    /// - Returns: `nil` if the broker does not answer in time, or the thread has ended.
    func read() async -> LagReport? {
        let asked = EventLoop.now()
        return await worker.ask { self.report(since: asked) } ?? nil
    }

    /// Ends the thread.
    func stop() { worker.beginStopping() }

    /// The lag as it was at this time or later. All that ask while the broker is being asked share the next answer.
    private func report(since asked: EventLoop.Nanoseconds) -> LagReport? {
        if last.begun >= asked { return last.report }
        last = (EventLoop.now(), nil)
        do throws(KafkaError) {
            last.report = try ask()
        } catch {
            log.warning("the lag cannot be told", [.error: error.description])
        }
        return last.report
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
