internal import CampusModel
internal import KafkaClient
internal import ServiceKit
internal import Synchronization

/// One bulk under way: its orders are made and given to librdkafka on a thread of its own, their reports come on the loop.
///
/// `@unchecked Sendable`: `acknowledged`, `failed`, `sample` and `lastReport` belong to the loop's thread, `reported` to the
/// bulk's own; the rest is locked or does not change.
final class BulkOrder: @unchecked Sendable {
    /// What became of it.
    struct Result: Sendable, Equatable {
        var count: Int
        var acknowledged = 0
        /// Some of the acknowledged orders.
        var sample: [OrderID] = []
        var seconds = 0.0
        var isComplete: Bool { acknowledged == count }
    }

    private let request: BulkRequest
    private let requestID: String
    private let orders: OrderStore
    private let producer: KafkaProducer
    private let loop: EventLoop
    private let start = EventLoop.now()
    private let lateSeconds: Double
    /// The identifiers of the orders, by index, as far as they were given to librdkafka.
    private let ids = Mutex<[OrderID]>([])
    private let reports = Mailbox<Int>()
    /// How many reports the bulk's thread has taken from there.
    private var reported = 0
    private let mustStop = Atomic<Bool>(false)
    private var acknowledged = 0
    private var failed = 0
    private var sample: [OrderID] = []
    private var lastReport = EventLoop.now()

    /// So many at most wait for their report: enough to keep the broker busy, few enough that a slow one acknowledges each
    /// before its time is over, and that all bulks that run at once fit the producer's queue.
    private static let window = 80_000 / BulkAdmission.mostRunning
    private static let sampleSize = 5
    /// Bulks that run at once give their orders to librdkafka in turn, a few hundred at a time. Its own lock is taken for each
    /// order: two threads that ask for it all the time slow each other down by half, and take a third more processor time.
    private static let turn = Mutex(())

    /// - Parameter lateSeconds: so long after a failure reports may come yet.
    init(
        _ request: BulkRequest, _ requestID: String, _ orders: OrderStore, _ producer: KafkaProducer, _ loop: EventLoop,
        lateSeconds: Double = KafkaProducer.lastReportSeconds
    ) {
        self.lateSeconds = lateSeconds
        self.request = request
        self.requestID = requestID
        self.orders = orders
        self.producer = producer
        self.loop = loop
    }

    /// Produces all orders. Call it on the loop.
    ///
    /// - Throws: ``HTTPError`` 503 `overloaded` where there is no thread for it; nothing was produced then.
    func run() async throws(HTTPError) -> Result {
        let series = producer.beginSeries { self.take($0, failed: $1) }
        lastReport = EventLoop.now()
        let isStarted = ServiceThread.attempt("bulk") { [self] in
            _ = producer.whileOpen {
                produceAll(in: series)
                return true
            }
        }
        guard isStarted else {
            producer.endSeries(series)
            throw .retryLater(.overloaded, "the system has no more threads at the moment")
        }
        while acknowledged + failed < request.count {
            // A broker that is away acknowledges nothing for as long as a single order may take.
            let isStuck = EventLoop.now() > lastReport &+ KafkaProducer.patience
            if isStuck || failed > 0 { break }
            await pause()
        }
        mustStop.store(true, ordering: .sequentiallyConsistent)
        reports.wake()
        let isOver = acknowledged + failed == request.count
        if isOver { producer.endSeries(series) }
        if acknowledged < request.count { giveUpRest(of: isOver ? nil : series) }
        let seconds = Double(EventLoop.now() - start) / 1e9
        return Result(count: request.count, acknowledged: acknowledged, sample: sample, seconds: seconds)
    }

    /// When a bulk failed, reports of the rest may come yet, and show their orders; but none after librdkafka gave up. From
    /// then on the store need not keep the rest for ever, only for the case that their outcomes arrive.
    ///
    /// - Parameter series: the series that reports are still expected of.
    private func giveUpRest(of series: KafkaProducer.Series?) {
        Task(executorPreference: loop) { [self] in
            if let series {
                await loop.sleep(seconds: lateSeconds)
                producer.endSeries(series)
            }
            let all = identifiers
            // A few at a time, so that nobody waits long for the store. Those that are shown stay so.
            for first in stride(from: 0, to: all.count, by: 1000) {
                orders.giveUp(all[first..<min(first + 1000, all.count)])
                await loop.sleep(seconds: 0.001)
            }
        }
    }

    private func pause() async { await loop.sleep(seconds: request.count - acknowledged < 2000 ? 0.0005 : 0.002) }

    /// The identifiers of those orders that were made so far.
    var identifiers: [OrderID] { ids.withLock { $0 } }

    /// Takes reports; on the loop.
    func take(_ indices: [Int], failed: Int) {
        let now = ids.withLock { ids in indices.map { ids[$0] } }
        sample.append(contentsOf: now.prefix(BulkOrder.sampleSize - sample.count))
        orders.show(now)
        acknowledged += indices.count
        self.failed += failed
        lastReport = EventLoop.now()
        reports.post(indices.count + failed)
    }

    // MARK: The bulk's thread

    private func produceAll(in series: KafkaProducer.Series) {
        let header = [(name: OrderEvent.requestIDHeader, value: Array(requestID.utf8))]
        var index = 0
        while index < request.count, !mustStop.load(ordering: .sequentiallyConsistent) {
            takeReports()
            guard index - reported < BulkOrder.window else {
                reports.wait(until: EventLoop.now() &+ 100_000_000)
                continue
            }
            let last = min(request.count, index + 500)
            let made = (index..<last).map { Order(item: request.item(at: $0), quantity: request.quantity) }
            // Registered before it is produced: the report may be there first.
            orders.hide(made)
            ids.withLock { $0.append(contentsOf: made.map(\.id)) }
            let isGiven = BulkOrder.turn.withLock { _ in
                for order in made {
                    guard give(OrderEvent(.placed, order).message(headers: header), index, series) else { return false }
                    index += 1
                }
                return true
            }
            guard isGiven else { return }
        }
    }

    private func takeReports() { for count in reports.take() { reported += count } }

    /// - Returns: whether librdkafka took it; not where the bulk was given up.
    private func give(_ message: KafkaMessage, _ index: Int, _ series: KafkaProducer.Series) -> Bool {
        while !mustStop.load(ordering: .sequentiallyConsistent) {
            do throws(KafkaError) {
                try producer.produce(message, to: 0, in: series, index: index)
                return true
            } catch {
                // Its queue is full, with those of a bulk that failed too: room comes with the next reports. They are taken
                // before the wait, which would otherwise end at once, again and again.
                guard error.isQueueFull else { return false }
                takeReports()
                reports.wait(until: EventLoop.now() &+ 5_000_000)
            }
        }
        return false
    }
}
