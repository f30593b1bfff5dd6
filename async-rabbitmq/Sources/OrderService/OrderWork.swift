internal import AMQPClient
internal import CampusModel
internal import Containers
internal import Journal
internal import OrderMessages
internal import ServiceKit
internal import Synchronization
internal import Tracing
internal import Workflow

/// Places orders at the broker, and takes their outcomes: each goes into the journal, from which a successor knows them.
///
/// An order is published and written to the journal at the same time. A kill in between leaves one of two things. If it is in the
/// queue only, it is decided about, and its outcome makes the order after all. If it is in the journal only, the successor
/// publishes it: the journal says up to which record the broker has answered for all orders, and only later ones without an
/// outcome are published once more, under the same `message_id`. In both cases the client had no 202.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread, but for the atomic flags and the completion, which are
/// safe by themselves.
final class OrderWork: JournaledWork, @unchecked Sendable {
    enum Command: Sendable {
        case place(Placing)
        /// The client was told that this order is not placed.
        case giveUp(OrderID)
    }
    enum Token: Sendable {
        case message(Placing)
        case entry(Placing)
        /// An outcome, by the delivery that brought it.
        case outcome(UInt64)
    }
    typealias Results = [(ticket: PendingReplies<OrderSender.Outcome, Int>.Ticket, outcome: OrderSender.Outcome)]
    private struct Completion: Sendable {
        let call: @Sendable (Results) -> Void
    }
    /// An order of the journal for which the broker is not known to have answered.
    private struct Unsent {
        let record: UInt64
        let id: OrderID
        let context: RequestContext
    }

    private let orders: Orders
    private let log: Logger
    private let completion = Mutex<Completion?>(nil)
    private let isAtWork = Atomic<Bool>(false)
    private var results: Results = []
    private var underWay: [ObjectIdentifier: Placing] = [:]
    private var unanswered = UnansweredOrders()
    /// The last record with an order, and up to which record the journal says that all are answered for.
    private var (placedIn, sentUpTo): (UInt64, UInt64) = (0, 0)
    /// Orders that were given up while nothing could be written.
    private var givenUp = Deque<OrderID>()
    /// What the journal tells of orders that may not have been sent.
    private var unsent = Deque<Unsent>()
    private var snapshot = Snapshot()

    /// Up to where a snapshot has got.
    private struct Snapshot {
        var place = 0
        var end = 0
        var keys: [IdempotencyKeys.Settled] = []
        var key = 0
        var underWay: [Placing] = []
    }

    private let orderInQueueOnly = CrashPoint("order-in-queue-only")
    private let orderInJournalOnly = CrashPoint("order-in-journal-only")

    /// Clients wait for the confirms.
    static let pauseSeconds = 0.0
    static let stateName = "the orders"

    init(_ orders: Orders, log: Logger) {
        self.orders = orders
        self.log = log
    }

    /// Is given what became of orders.
    func setCompletion(_ call: @escaping @Sendable (Results) -> Void) {
        completion.withLock { $0 = Completion(call: call) }
    }

    /// Whether an order would be sent at once. From any thread.
    var isAvailable: Bool { isAtWork.load(ordering: .relaxed) }
    /// Whether the broker reads nothing at the moment. From any thread.
    var isBlocked: Bool { orders.mayPlace && !isAvailable }

    func availabilityChanged(_ isAvailable: Bool) { isAtWork.store(isAvailable, ordering: .relaxed) }

    // MARK: Orders

    func take(_ command: Command, _ session: JournalSession<OrderWork>) throws(AMQPError) {
        switch command {
        case .place(let placing): try place(placing, session)
        case .giveUp(let id):
            orders.store.withdraw(id)
            session.journal(nil) { OrderEntry.givenUp(id).write(to: &$0) }
        }
    }

    func refuse(_ command: Command) {
        switch command {
        case .place(let placing): tell(placing, .unavailable)
        case .giveUp(let id):
            givenUp.append(id)
            // What nobody can write down must not take memory for ever; such an order is sent once more by a successor, at worst.
            if givenUp.count > 100_000 { givenUp.popFirst() }
        }
        deliver()
    }

    private func place(_ placing: Placing, _ session: JournalSession<OrderWork>) throws(AMQPError) {
        guard placing.deadline > EventLoop.now() else { return tell(placing, .unavailable) }
        let publication = OrderMessage.placed(placing.event, placing.context).publication
        // Such a mistake is this message's own, and costs no other one its connection.
        if let problem = publication.problem {
            log.error("a message cannot be published", [.error: problem])
            return tell(placing, .refused)
        }
        underWay[ObjectIdentifier(placing)] = placing
        if !orderInQueueOnly.isArmed {
            let (order, context) = (placing.event.order, placing.context)
            placing.record = session.journal(.entry(placing)) { writer in
                OrderEntry.placed(order, key: context.idempotencyKey, requestID: context.requestID).write(to: &writer)
            }
            placedIn = placing.record
        }
        unanswered.add(placing.record)
        if !orderInJournalOnly.isArmed { try session.publish(publication, .message(placing)) }
    }

    func journaled(_ token: Token, _ session: JournalSession<OrderWork>) {
        switch token {
        case .entry(let placing):
            placing.isInJournal = true
            orderInJournalOnly.reach()
            confirm(placing)
        case .outcome(let tag): session.complete(tag)
        case .message: break
        }
    }

    func answered(_ token: Token, _ verdict: ConfirmVerdict, _ session: JournalSession<OrderWork>) {
        guard case .message(let placing) = token else { return }
        orderInQueueOnly.reach()
        unanswered.remove(placing.record)
        switch verdict {
        case .confirmed:
            placing.isInQueue = true
            confirm(placing)
        case .returned: end(placing, .returned)
        case .refused: end(placing, .refused)
        }
    }

    private func confirm(_ placing: Placing) {
        guard placing.isInJournal, placing.isInQueue else { return }
        // Before its client is told, so that a snapshot does not miss it.
        if placing.confirm() { orders.store.show(placing.event.order.id) }
        end(placing, .confirmed)
    }

    private func end(_ placing: Placing, _ outcome: OrderSender.Outcome) {
        underWay[ObjectIdentifier(placing)] = nil
        tell(placing, outcome)
    }

    private func tell(_ placing: Placing, _ outcome: OrderSender.Outcome) {
        if let ticket = placing.ticket { results.append((ticket, outcome)) }
    }

    private func deliver() {
        guard !results.isEmpty else { return }
        let batch = results
        results.removeAll(keepingCapacity: true)
        completion.withLock { $0 }?.call(batch)
    }

    func turn(_ session: JournalSession<OrderWork>) -> EventLoop.Nanoseconds? {
        deliver()
        writeGivenUp(session)
        writeMark(session)
        return nil
    }

    /// Up to which record all orders are answered for, if the journal does not say so yet.
    private var newMark: UInt64? {
        let mark = min(unanswered.first.map { $0 &- 1 } ?? .max, placedIn)
        return mark > sentUpTo ? mark : nil
    }

    private func writeMark(_ session: JournalSession<OrderWork>) {
        guard let mark = newMark else { return }
        session.journal(nil, isUrgent: false) { OrderEntry.sent(upTo: mark).write(to: &$0) }
        sentUpTo = mark
    }

    /// What was given up while nothing could be written.
    private func writeGivenUp(_ session: JournalSession<OrderWork>) {
        while let id = givenUp.popFirst() {
            orders.store.withdraw(id)
            session.journal(nil, isUrgent: false) { OrderEntry.givenUp(id).write(to: &$0) }
        }
    }

    func finish(_ session: JournalSession<OrderWork>) { writeMark(session) }

    func disconnected() {
        for placing in underWay.values { tell(placing, .unavailable) }
        underWay = [:]
        unanswered = UnansweredOrders()
        orders.mayPlace = false
        deliver()
    }

    // MARK: Outcomes

    func read(_ delivery: AMQPDelivery) throws(MalformedMessage) -> OrderMessage {
        try OrderMessage(delivery.message, routingKey: delivery.routingKey, expecting: [.reserved, .failed])
    }

    func handle(
        _ outcome: OrderMessage, _ tag: UInt64, _ session: JournalSession<OrderWork>
    ) -> MalformedMessage? {
        let (order, key) = (outcome.event.order, outcome.context.idempotencyKey)
        settle(order, key)
        session.journal(.outcome(tag), isUrgent: false) { OrderEntry.outcome(order, key: key).write(to: &$0) }
        return nil
    }

    /// The first outcome is final; one of an order that is not known makes that order.
    private func settle(_ order: Order, _ key: String?) {
        orders.store.settle(order)
        if let key { orders.placement.restoreKey(key, of: order) }
    }

    // MARK: The journal

    /// What is known stays: the journal tells it again, and more.
    func forget() {}

    func forgetUnconfirmed() { unsent.removeAll() }

    func restoreBeginning(_ reader: inout BinaryReader) {}

    func restore(_ reader: inout BinaryReader, record: UInt64, isOfSnapshot: Bool) throws(JournalDamage) {
        switch try OrderEntry(from: &reader) {
        case .placed(let order, let key, let requestID):
            // An outcome may stand before its order if the same message was published twice.
            orders.store.put(order, replacesShown: false)
            if let key { orders.placement.restoreKey(key, of: order) }
            let context = RequestContext(requestID: requestID, idempotencyKey: key)
            unsent.append(Unsent(record: record, id: order.id, context: context))
            placedIn = max(placedIn, record)
        case .outcome(let order, let key): settle(order, key)
        case .givenUp(let id): orders.store.withdraw(id)
        case .sent(let upTo):
            while let first = unsent.first, first.record <= upTo { unsent.popFirst() }
            sentUpTo = max(sentUpTo, upTo)
        case .known(let order): orders.store.put(order, replacesShown: false)
        case .key(let key, let id, let item, let quantity):
            orders.placement.restoreKey(key, of: Order(id: id, item: item, quantity: quantity))
        }
    }

    func begin(_ session: JournalSession<OrderWork>) throws(AMQPError) {
        writeGivenUp(session)
        // The numbers are those of a journal that was lost.
        if placedIn > session.newestRecord { (placedIn, sentUpTo) = (0, 0) }
        var count = 0
        while let order = unsent.popFirst() {
            guard let known = orders.store.order(order.id), known.status == .placed else { continue }
            let placing = Placing(nil, OrderEvent(.placed, known), order.context, until: .max)
            (placing.record, placing.isInJournal) = (order.record, true)
            unanswered.add(order.record)
            underWay[ObjectIdentifier(placing)] = placing
            try session.publish(OrderMessage.placed(placing.event, placing.context).publication, .message(placing))
            count += 1
        }
        if count > 0 { log.warning("orders that may not have been sent are sent", [.count: "\(count)"]) }
        orders.mayPlace = true
    }

    func beginSnapshot(_ writer: inout BinaryWriter) {
        snapshot = Snapshot(
            end: orders.store.placeCount, keys: orders.placement.settledKeys,
            underWay: underWay.values.filter { !$0.isGivenUp })
    }

    /// The orders, then those that are under way, then the clients' keys.
    func writePiece(_ writer: inout BinaryWriter, length: Int) -> Bool {
        while writer.count < length, snapshot.place < snapshot.end {
            let (found, next) = orders.store.orders(from: snapshot.place, to: snapshot.end, most: 64)
            for order in found { OrderEntry.known(order).write(to: &writer) }
            snapshot.place = next
        }
        guard snapshot.place >= snapshot.end else { return false }
        for placing in snapshot.underWay {
            OrderEntry.placed(
                placing.event.order, key: placing.context.idempotencyKey, requestID: placing.context.requestID
            ).write(to: &writer)
        }
        snapshot.underWay = []
        while writer.count < length, snapshot.key < snapshot.keys.count {
            let key = snapshot.keys[snapshot.key]
            OrderEntry.key(key.key, key.id, item: key.request.item, quantity: key.request.quantity).write(to: &writer)
            snapshot.key += 1
        }
        guard snapshot.key >= snapshot.keys.count else { return false }
        snapshot.keys = []
        return true
    }
}
