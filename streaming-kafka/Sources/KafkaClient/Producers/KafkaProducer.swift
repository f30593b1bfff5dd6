internal import CRdKafka
public import ServiceKit
internal import Synchronization

/// An idempotent producer on a service's loop: many records under way at once, each with a report that is awaited.
///
/// librdkafka writes to a descriptor when reports are there, and the loop takes all of them at once; no thread of ours
/// stands between. What is public belongs to the loop's thread, but ``produce(_:to:in:index:)``, which bulks call from threads
/// of their own.
///
/// `@unchecked Sendable`: what is mutable is touched on the loop's thread only, which is checked; flags that other threads set are
/// atomic.
public final class KafkaProducer: EventSource, DescriptorWatcher, @unchecked Sendable {
    /// What became of a record.
    public enum Outcome: Sendable, Equatable {
        /// All in-sync replicas have it (`acks=all`).
        case acknowledged
        /// There is no answer yet; the record may arrive or not.
        case timedOut
        /// librdkafka gave up, or took no more: the record was not sent, as far as one can tell.
        case unavailable
    }

    /// Several records whose reports come to one place, in bunches.
    public final class Series: Sendable {
        let number: UInt
        let report: @Sendable (_ acknowledged: [Int], _ failed: Int) -> Void

        init(_ number: UInt, _ report: @escaping @Sendable ([Int], Int) -> Void) {
            self.number = number
            self.report = report
        }
    }

    private let loop: EventLoop
    let handle: KafkaHandle
    private let topics: KafkaTopics
    private let signal: QueueSignal
    /// Who waits for the report of a single record.
    private var replies = PendingReplies<Outcome, Void>()
    private var series: [UInt: Series] = [:]
    private var nextSeries: UInt = 1
    private let isClosed = Atomic<Bool>(false)
    private let isReachable = Atomic<Bool>(false)
    private let wasReached = Atomic<Bool>(false)
    private let hasFailed = Atomic<Bool>(false)
    private let log: Logger
    /// Records that wait to be given to librdkafka together, and since when.
    private var held: [(message: KafkaMessage, topic: Int, ticket: UInt)] = []
    private var heldSince: EventLoop.Nanoseconds = 0
    /// After several at once, the next ones are not sent before this: more will come meanwhile.
    private var notBefore: EventLoop.Nanoseconds = 0
    /// The single records that librdkafka has.
    private var underWay = 0

    /// When it wants its next turn: to give up a record, or to hold one no longer.
    public var deadline: EventLoop.Nanoseconds? {
        guard !held.isEmpty else { return replies.earliest }
        return min(replies.earliest ?? .max, heldUntil)
    }

    /// When the records that are held are sent: a single one after a single one at once.
    private var heldUntil: EventLoop.Nanoseconds {
        underWay == 0 ? notBefore : heldSince &+ KafkaProducer.holding
    }

    /// So long, in nanoseconds, a record is held at most while others are under way.
    ///
    /// Given one by one, each would be a request of its own, and librdkafka, the kernel and the broker would be woken for
    /// each; `linger.ms` would hold the only record of a quiet service as well.
    private static let holding: EventLoop.Nanoseconds = 1_000_000

    /// After so many seconds there is a report, if only that a record was given up.
    public static let lastReportSeconds = 15.0
    /// How long a report may take to count.
    public static let patience: EventLoop.Nanoseconds = 5_000_000_000
    /// A ticket is a number of its own, or that of a series and an index in it.
    private static let (seriesBit, seriesShift): (UInt, UInt) = (1 << 63, 32)
    /// So many records at most wait for the broker.
    public static let capacity = 100_000

    /// Makes a producer for some topics.
    ///
    /// - Parameter linger: so many milliseconds a record waits for others that go with it; for single records, which are
    ///   put together here, none. In a series many records are always on their way, and without a wait each request has but
    ///   a few of them.
    /// - Throws: ``KafkaError`` where librdkafka refuses the settings.
    public init(
        on loop: EventLoop, _ settings: KafkaSettings, topics names: [String], linger: Int = 0, log: Logger
    ) throws(KafkaError) {
        loop.preconditionOnLoop()
        self.loop = loop
        self.log = log
        let properties = [
            ("compression.codec", "lz4"), ("linger.ms", "\(linger)"), ("message.timeout.ms", "10000"),
            ("retry.backoff.ms", "20"),
            ("queue.buffering.max.messages", "\(KafkaProducer.capacity)"),
        ]
        handle = try KafkaHandle(
            RD_KAFKA_PRODUCER, settings, properties, fixed: [("enable.idempotence", "true"), ("acks", "all")], log: log
        ) { rd_kafka_conf_set_events($0, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR) }
        do throws(KafkaError) {
            topics = try KafkaTopics(names, of: handle)
        } catch {
            handle.destroy()
            throw error
        }
        signal = QueueSignal(rd_kafka_queue_get_main(handle.raw))
        loop.watch(signal.descriptor, .read, self)
        loop.add(self)
    }

    /// Whether the broker answered when it was last asked; if not, a record is refused at once.
    public var isAvailable: Bool {
        isReachable.load(ordering: .relaxed)
            && !isClosed.load(ordering: .relaxed) && !hasFailed.load(ordering: .relaxed)
    }

    /// Why the broker refuses this producer, if that does not mend itself.
    public var mistake: KafkaError? { handle.callbacks.mistake }

    /// Whether the broker has ever answered: before that it may well be there.
    public var hasBeenAvailable: Bool { wasReached.load(ordering: .relaxed) }

    /// Asks the broker for an answer, and for the first topic's leaders, so that the first record need not wait for that. Blocks:
    /// for a thread of its own.
    ///
    /// - Returns: whether there was an answer, and the producer has not ``failedForGood()``.
    public func probe(milliseconds: Int32) -> Bool {
        let answered = whileOpen {
            !failedForGood() && (try? handle.metadata(topic: topics.raw(0), milliseconds: milliseconds)) != nil
        }
        isReachable.store(answered, ordering: .relaxed)
        if answered { wasReached.store(true, ordering: .relaxed) }
        return answered
    }

    /// Whether the producer is of no more use: a fatal error, such as when a broker has lost what it had acknowledged, or
    /// refuses idempotent producers, ends with the process only. From any thread; asks no broker.
    public func failedForGood() -> Bool {
        whileOpen {
            guard let error = handle.fatalError else { return false }
            if hasFailed.exchange(true, ordering: .relaxed) == false {
                log.error("nothing can be produced any more: restart the service", [.error: error.description])
            }
            return true
        }
    }

    /// Makes calls from another thread than the loop's; the producer lives until they have returned.
    ///
    /// - Returns: what `body` returns; `false` if the producer was closed before.
    public func whileOpen(_ body: () -> Bool) -> Bool {
        guard handle.enter() else { return false }
        defer { handle.leave() }
        return body()
    }

    /// Makes calls from another loop than the producer's; the producer lives until they have returned. Does nothing if the producer
    /// was closed before.
    public func whileOpen(_ body: () async -> Void) async {
        guard handle.enter() else { return }
        defer { handle.leave() }
        await body()
    }

    // MARK: Single records

    /// Produces a record to the topic at an index, and waits for its report, but no longer than until `end`.
    public func produce(
        _ message: KafkaMessage, to topic: Int, until end: EventLoop.Nanoseconds = EventLoop.now() &+ patience
    ) async -> Outcome {
        loop.preconditionOnLoop()
        guard isAvailable else { return .unavailable }
        let ticket = replies.makeTicket()
        return await withUnsafeContinuation { continuation in
            // Before it is produced: the report may be there first.
            replies.add(ticket, continuation, (), until: end)
            if held.isEmpty { heldSince = EventLoop.now() }
            held.append((message, topic, ticket))
            // Those that come in the same round of the loop go together.
            loop.wantAnotherTurn()
        }
    }

    private func sendHeld() {
        let records = held
        notBefore = records.count > 1 ? EventLoop.now() &+ KafkaProducer.holding : 0
        held.removeAll(keepingCapacity: true)
        for (message, topic, ticket) in records where replies.isWaiting(ticket) {
            do throws(KafkaError) {
                try topics.produce(message, to: topic, ticket: ticket)
                underWay += 1
            } catch {
                replies.reply(ticket, .unavailable)
            }
        }
    }

    // MARK: Series

    /// Begins a series, whose reports are given to `report` on the loop.
    public func beginSeries(_ report: @escaping @Sendable (_ acknowledged: [Int], _ failed: Int) -> Void) -> Series {
        loop.preconditionOnLoop()
        let series = Series(nextSeries & 0x7FFF_FFFF, report)
        nextSeries += 1
        self.series[series.number] = series
        return series
    }

    /// Gives a record of a series to librdkafka. From any thread, within ``whileOpen(_:)``.
    ///
    /// - Parameter index: what its report names it with, below 2³².
    /// - Throws: ``KafkaError``; if its queue is full, try again when reports have come.
    public func produce(_ message: KafkaMessage, to topic: Int, in series: Series, index: Int) throws(KafkaError) {
        let ticket = KafkaProducer.seriesBit | series.number << KafkaProducer.seriesShift | UInt(index)
        try topics.produce(message, to: topic, ticket: ticket)
    }

    /// No report of the series is expected any more.
    public func endSeries(_ series: Series) { self.series[series.number] = nil }

    // MARK: Reports

    /// Takes the reports that are there.
    public func descriptorIsReady(_ descriptor: Int32, _ interest: EventLoop.Interest) { takeReports() }

    private func takeReports() {
        signal.clear()
        while let event = rd_kafka_queue_poll(signal.queue, 0) {
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR: take(event)
            case RD_KAFKA_EVENT_ERROR: handle.callbacks.noteError(rd_kafka_event_error(event))
            default: break
            }
            rd_kafka_event_destroy(event)
        }
    }

    private func take(_ event: OpaquePointer) {
        var (acknowledged, failed): ([UInt: [Int]], [UInt: Int]) = ([:], [:])
        while let message = rd_kafka_event_message_next(event)?.pointee {
            let ticket = UInt(bitPattern: message._private)
            let isAcknowledged = message.err == RD_KAFKA_RESP_ERR_NO_ERROR
            if ticket & KafkaProducer.seriesBit == 0 {
                underWay -= 1
                replies.reply(ticket, isAcknowledged ? .acknowledged : .unavailable)
            } else {
                let number = (ticket ^ KafkaProducer.seriesBit) >> KafkaProducer.seriesShift
                if isAcknowledged {
                    acknowledged[number, default: []].append(Int(ticket & 0xFFFF_FFFF))
                } else {
                    failed[number, default: 0] += 1
                }
            }
        }
        for number in Set(acknowledged.keys).union(failed.keys) {
            series[number]?.report(acknowledged[number] ?? [], failed[number] ?? 0)
        }
        loop.wantAnotherTurn()
    }

    /// Sends records that were held, and gives up those whose time is over.
    public func takeTurn() {
        let now = EventLoop.now()
        if !held.isEmpty, now >= heldUntil { sendHeld() }
        replies.replyToOverdue(now, .timedOut)
    }

    // MARK: Stopping

    /// Waits until what is under way was delivered or given up, then ends the producer.
    public func close(until end: EventLoop.Nanoseconds) async {
        loop.preconditionOnLoop()
        guard !isClosed.load(ordering: .relaxed) else { return }
        while rd_kafka_outq_len(handle.raw) > 0 || !held.isEmpty, EventLoop.now() < end {
            // Errors that nobody is told of are counted too.
            takeReports()
            await loop.sleep(seconds: 0.002)
        }
        isClosed.store(true, ordering: .relaxed)
        replies.replyToAll(.unavailable)
        loop.remove(self)
        loop.unwatch(signal.descriptor)
        signal.close()
        handle.destroy(topics)
    }
}
