internal import CampusModel
internal import KafkaClient
internal import ServiceKit
internal import Synchronization

/// One bulk under way: its orders are made and given to librdkafka on a thread of its own, their reports come on the loop.
///
/// `@unchecked Sendable`: `acknowledged`, `failed`, `lastReport` and `continuation` belong to the loop's thread; `ids` is
/// locked; the rest does not change.
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
    /// The identifiers of the orders, by index, as far as they were given to librdkafka.
    private let ids = Mutex<[OrderID]>([])
    private let reports = Mailbox<Int>()
    private let mustStop = Atomic<Bool>(false)
    private var acknowledged = 0
    private var failed = 0
    private var sample: [OrderID] = []
    private var lastReport = EventLoop.now()
    private var series: KafkaProducer.Series?

    /// So many at most wait for their report: enough to keep the broker busy, few enough that a slow one acknowledges
    /// each before its time is over.
    private static let window = 80_000
    private static let sampleSize = 5

    init(
        _ request: BulkRequest, _ requestID: String, _ orders: OrderStore, _ producer: KafkaProducer, _ loop: EventLoop
    ) {
        self.request = request
        self.requestID = requestID
        self.orders = orders
        self.producer = producer
        self.loop = loop
    }

    /// Produces all orders. Call it on the loop.
    func run() async -> Result {
        let series = producer.beginSeries { self.take($0, failed: $1) }
        self.series = series
        lastReport = EventLoop.now()
        ServiceThread.start("bulk") { [self] in
            _ = producer.whileOpen {
                produceAll(in: series)
                return true
            }
        }
        while acknowledged + failed < request.count {
            // A broker that is away acknowledges nothing for as long as a single order may take.
            let isStuck = EventLoop.now() > lastReport &+ KafkaProducer.patience
            if isStuck || failed > 0 { break }
            await pause()
        }
        mustStop.store(true, ordering: .sequentiallyConsistent)
        reports.wake()
        if acknowledged + failed == request.count { producer.endSeries(series) } else { endLate(series) }
        let seconds = Double(EventLoop.now() - start) / 1e9
        return Result(count: request.count, acknowledged: acknowledged, sample: sample, seconds: seconds)
    }

    /// Where it failed, reports of the rest may come yet, and then show their orders; but none after librdkafka gave up.
    private func endLate(_ series: KafkaProducer.Series) {
        Task(executorPreference: loop) { [producer, loop] in
            await loop.sleep(seconds: KafkaProducer.lastReportSeconds)
            producer.endSeries(series)
        }
    }

    private func pause() async { await loop.sleep(seconds: request.count - acknowledged < 2000 ? 0.0005 : 0.002) }

    private func take(_ indices: [Int], failed: Int) {
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
        var (reported, index) = (0, 0)
        while index < request.count, !mustStop.load(ordering: .sequentiallyConsistent) {
            for count in reports.take() { reported += count }
            guard index - reported < BulkOrder.window else {
                reports.wait(until: EventLoop.now() &+ 100_000_000)
                continue
            }
            let last = min(request.count, index + 500)
            let made = (index..<last).map { Order(item: request.item(at: $0), quantity: request.quantity) }
            // Registered before it is produced: the report may be there first.
            orders.hide(made)
            ids.withLock { $0.append(contentsOf: made.map(\.id)) }
            for order in made {
                guard give(OrderEvent(.placed, order).message(headers: header), index, series) else { return }
                index += 1
            }
        }
    }

    /// - Returns: whether librdkafka took it; not where the bulk was given up.
    private func give(_ message: KafkaMessage, _ index: Int, _ series: KafkaProducer.Series) -> Bool {
        while !mustStop.load(ordering: .sequentiallyConsistent) {
            do throws(KafkaError) {
                try producer.produce(message, to: 0, in: series, index: index)
                return true
            } catch {
                // Its queue is full, with other bulks too: room comes with the next reports.
                guard error.isQueueFull else { return false }
                reports.wait(until: EventLoop.now() &+ 5_000_000)
            }
        }
        return false
    }
}
