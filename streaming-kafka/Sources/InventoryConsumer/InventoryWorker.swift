internal import CampusModel
internal import KafkaClient
internal import OrderRecords
internal import ServiceKit
internal import Synchronization
internal import Workflow

/// Decides about orders on a thread of its own: it consumes, reserves, produces and commits, batch by batch, as the lifecycle says.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread, which ``start()`` makes.
final class InventoryWorker: @unchecked Sendable {
    let settings: KafkaSettings
    let delivery: DeliveryChoice
    let committed: CommittedInventory
    let faults: Faults
    let readiness: Readiness
    let log: Logger
    let consumer: KafkaConsumer
    let batch: KafkaBatch
    let worker = Worker("inventory")
    let claim: GroupClaim
    /// `ALLOW_LOST_STATE`: whether to decide on a stock that is known to be wrong.
    let allowsLostState: Bool
    var lifecycle = Lifecycle()
    /// Reads the orders.
    var reader = OrderRecordReader(expecting: [.placed])
    var inventory: BatchedInventory
    var producer: BatchProducer?
    /// Whether this instance uses transactions: see ``DeliveryChoice``.
    var isTransactional = true
    var kind = Cluster.Kind.kafka
    /// How many outcomes the log has, or had before it lost some.
    var logged = 0
    /// When outcomes were missing for the first time; `nil` where none are.
    var missedSince: EventLoop.Nanoseconds?
    /// What the log and `/ready` were told to be lost.
    var toldProblems: [String] = []
    /// Whether dead letters have the key and value of the record: not in the batch after one that the broker did not take
    /// since a record of it was too large. librdkafka knows its own limit only, and not that of the topic.
    var copiesAreWhole = true
    /// How far the group has come with what was decided.
    var progress = ReadProgress()
    var messageFaults = MessageFaults()
    var interval = TransactionInterval()
    /// What the last step failed with, if that does not mend itself.
    private var mistake: String?
    /// What the last step failed with.
    var lastFailure: KafkaError?
    var backoff = Backoff(0.05...1)
    /// The pauses between batches that are undone, until one is committed.
    var retries = Backoff(0.005...1)
    private var complaints = Complaints()
    private let brokerAnswers = Atomic<Bool>(false)
    static let part = "inventory"

    /// Makes the consumer, which does not join yet.
    ///
    /// - Throws: ``KafkaError`` where librdkafka refuses the settings.
    init(
        _ committed: CommittedInventory, _ settings: KafkaSettings, _ delivery: DeliveryChoice, _ faults: Faults,
        _ readiness: Readiness, allowsLostState: Bool = false, log: Logger
    ) throws(KafkaError) {
        self.allowsLostState = allowsLostState
        self.committed = committed
        self.settings = settings
        self.delivery = delivery
        self.faults = faults
        self.readiness = readiness
        self.log = log
        inventory = committed.untouched
        consumer = try KafkaConsumer(
            .member(of: OrderGroups.inventory, topics: [OrderTopics.orders]), settings, on: worker, log: log)
        batch = consumer.makeBatch()
        claim = GroupClaim(OrderGroups.inventory, topic: OrderTopics.orders, settings, log: log)
        // Settings that do not go together end the service now, and not when the broker is there.
        try makeProducer(isTransactional: delivery != .off).destroy()
        showState()
    }

    /// Asks the broker for an answer; for the broker's watch.
    func probe(milliseconds: Int32) -> Bool {
        let answers = consumer.isReachable(milliseconds: milliseconds)
        brokerAnswers.store(answers, ordering: .relaxed)
        return answers
    }

    /// Starts the thread.
    func start() { worker.start { _ in await self.run() } }

    /// Takes no new work from now on; what is in hand is finished. From any thread.
    func beginStopping() { worker.beginStopping() }

    /// Has the batch in hand finished, and waits for that.
    func stop(on loop: EventLoop, until deadline: EventLoop.Nanoseconds) async {
        guard await !worker.stop(on: loop, until: deadline) else { return }
        log.warning("a batch was not finished in time; it is decided again at the next start")
    }

    // MARK: The thread

    private func run() async {
        consumer.revoked = { [unowned self] isLost in
            take(isLost && !brokerAnswers.load(ordering: .relaxed) ? .lost : .revoked)
        }
        while !worker.mustStop {
            do throws(KafkaError) {
                try await step()
                if mistake != nil {
                    mistake = nil
                    showState()
                }
            } catch {
                // It is read again, if it was not decided.
                batch.clear()
                lastFailure = error
                // The batch is decided again, and would fail again.
                if error.isTooLarge { copiesAreWhole = false }
                if !worker.mustStop && lifecycle.state != .fenced && complaints.isNew(error) {
                    log.warning("a step failed", [.detail: "\(lifecycle.state)", .error: error.description])
                }
                take(.failed(Lifecycle.Failure(error)))
                mistake = error.mistake
                showState()
                if lifecycle.state != .aborting { await worker.pause(seconds: backoff.next()) }
            }
        }
        // No record may be held when its consumer is closed.
        batch.clear()
        producer?.destroy()
        await consumer.close(seconds: 2)
    }

    private func step() async throws(KafkaError) {
        if let error = consumer.fatalError, lifecycle.state != .fenced { return try await losePlace(error) }
        switch lifecycle.state {
        case .connecting: try await connect()
        case .joining: await join()
        case .initializing: try await initialize()
        case .replaying: try await replay()
        case .positioning: try await position()
        case .running: try await work()
        case .aborting: try await abort()
        case .doubting: await resolveDoubt()
        case .fenced: await worker.pause(seconds: 1)
        }
    }

    func take(_ event: Lifecycle.Event) {
        let before = lifecycle.state
        lifecycle.take(event)
        guard lifecycle.state != before else { return }
        if log.isEnabled(.debug) { log.debug("state", [.detail: "\(before) → \(lifecycle.state)"]) }
        if lifecycle.state == .running {
            backoff.reset()
            complaints.clear()
        }
        showState()
    }

    func showState() {
        let mistake = mistake ?? (lifecycle.state == .joining ? consumer.refusal?.mistake : nil)
        let missing = lifecycle.missing
        readiness.set(
            InventoryWorker.part, missing: missing == nil ? nil : mistake ?? missing, isPermanent: mistake != nil)
        readiness.missingState = lifecycle.missingState
    }

    /// The member was fenced: by another instance, which owns the partitions now, or by a request of its own that a broker
    /// answered twice.
    private func losePlace(_ error: KafkaError) async throws(KafkaError) {
        inventory.undoBatch()
        batch.clear()
        producer?.destroy()
        producer = nil
        take(.revoked)
        guard try await claim.isAnothers(on: worker) else {
            log.info("joining the group again", [.error: error.description])
            try consumer.reopen()
            return try consumer.subscribe()
        }
        readiness.condition = .fenced
        take(.instanceFenced)
        log.error(
            "another instance has taken this one's place: it decides nothing more, stop it",
            [.error: error.description])
    }
}
