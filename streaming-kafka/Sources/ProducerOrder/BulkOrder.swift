internal import CampusModel
internal import KafkaClient
internal import OrderRecords
internal import ServiceKit
internal import Synchronization
internal import Tracing
internal import Workflow

/// One bulk under way: its orders are made and given to librdkafka on a thread of its own, their reports come on the loop.
///
/// `@unchecked Sendable`: `acknowledged`, `failed`, `sample` and `lastReport` belong to the loop's thread; the rest is locked, atomic
/// or does not change.
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
    private let context: RequestContext
    private let orders: OrderStore
    private let producer: KafkaProducer
    private let loop: EventLoop
    private let start = EventLoop.now()
    private let lateSeconds: Double
    /// The identifiers of the orders, by index, as far as they were given to librdkafka.
    private let ids = Mutex<[OrderID]>([])
    /// Makes the orders and gives them to librdkafka; `nil` if the system has no descriptors left.
    private let worker = Worker(ifPossible: "bulk")
    /// Waits for what ends the bulk.
    private let end: Waiter
    /// How many reports have come.
    private let reported = Atomic<Int>(0)
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
        _ request: BulkRequest, _ context: RequestContext, _ orders: OrderStore, _ producer: KafkaProducer,
        _ loop: EventLoop,
        lateSeconds: Double = KafkaProducer.lastReportSeconds
    ) {
        self.lateSeconds = lateSeconds
        self.request = request
        self.context = context
        self.orders = orders
        self.producer = producer
        self.loop = loop
        end = Waiter(on: loop)
    }

    /// Produces all orders. Call it on the loop.
    ///
    /// - Throws: ``HTTPError`` 503 `overloaded` if there is no thread for it; nothing was produced then.
    func run() async throws(HTTPError) -> Result {
        let series = producer.beginSeries { self.take($0, failed: $1) }
        lastReport = EventLoop.now()
        let isStarted = worker?.startIfPossible { [self] worker in
            await producer.whileOpen { await produceAll(in: series, on: worker) }
        }
        guard isStarted == true else {
            producer.endSeries(series)
            throw .retryLater(.overloaded, "the system has no more threads at the moment")
        }
        // A broker that is away acknowledges nothing for as long as a single order may take.
        while !isDecided, EventLoop.now() < lastReport &+ KafkaProducer.patience {
            await end.wait(until: lastReport &+ KafkaProducer.patience)
        }
        worker?.beginStopping()
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

    /// Whether no further report can change what the client is answered.
    private var isDecided: Bool { failed > 0 || acknowledged == request.count }

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
        reported.add(indices.count + failed, ordering: .releasing)
        worker?.wake()
        if isDecided { end.wake() }
    }

    // MARK: The bulk's thread

    private func produceAll(in series: KafkaProducer.Series, on worker: Worker) async {
        // At once: an array that grows would be copied while the service waits for the lock.
        ids.withLock { $0.reserveCapacity(request.count) }
        // One request is one hop: all of its orders carry the same span.
        let headers = context.kafkaHeaders
        var index = 0
        while index < request.count, !worker.mustStop {
            guard index - reported.load(ordering: .acquiring) < BulkOrder.window else {
                await worker.wait(until: EventLoop.now() &+ 100_000_000)
                continue
            }
            let last = min(request.count, index + 500)
            let made = (index..<last).map { Order(item: request.item(at: $0), quantity: request.quantity) }
            // Registered before it is produced: the report may be there first.
            orders.hide(made)
            ids.withLock { $0.append(contentsOf: made.map(\.id)) }
            guard await give(made[...], from: index, headers, series, on: worker) else { return }
            index = last
        }
    }

    /// Gives orders to librdkafka, however long it takes.
    ///
    /// - Returns: whether librdkafka took all of them; not if the bulk was given up.
    private func give(
        _ made: ArraySlice<Order>, from first: Int, _ headers: [(name: String, value: [UInt8])],
        _ series: KafkaProducer.Series, on worker: Worker
    ) async -> Bool {
        var rest = made
        while !worker.mustStop {
            do throws(KafkaError) {
                try giveAtOnce(&rest, from: first, headers, series)
                return true
            } catch {
                // Its queue is full, with those of a bulk that failed too: room comes with the next reports.
                guard error.isQueueFull else { return false }
                await worker.wait(until: EventLoop.now() &+ 5_000_000)
            }
        }
        return false
    }

    /// Gives orders to librdkafka in this bulk's turn, and takes those out that it took.
    private func giveAtOnce(
        _ rest: inout ArraySlice<Order>, from first: Int, _ headers: [(name: String, value: [UInt8])],
        _ series: KafkaProducer.Series
    ) throws(KafkaError) {
        try BulkOrder.turn.withLock { _ throws(KafkaError) in
            while let order = rest.first {
                let message = OrderEvent(.placed, order).record(headers: headers)
                try producer.produce(message, to: 0, in: series, index: first + rest.startIndex)
                rest.removeFirst()
            }
        }
    }
}
