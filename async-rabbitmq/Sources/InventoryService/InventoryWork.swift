internal import AMQPClient
internal import Containers
internal import Journal
internal import OrderMessages
internal import ServiceKit
internal import Workflow

/// Decides about orders: writes each decision to the journal, then publishes the outcome, then acknowledges the order.
///
/// The order of the three is what makes a decision final (write-ahead). If the outcome were published first, a kill in between
/// would leave an outcome that nobody remembers, and the order, which comes again, could be decided otherwise.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread.
final class InventoryWork: JournaledWork, @unchecked Sendable {
    typealias Command = Never

    /// An outcome that is to be told, and the delivery that is acknowledged once that is confirmed.
    struct Outcome: Sendable {
        let publication: AMQPPublication
        let tag: UInt64
    }
    enum Token: Sendable {
        /// The decision about a new order is in the journal.
        case decision(Outcome)
        /// An order came again while its decision was on its way into the journal.
        case copy(Outcome)
        /// The message that tells an outcome.
        case message(Outcome)
    }

    private let outcomes: SharedOutcomes
    private let log: Logger
    /// Outcomes that the broker did not take, and when they are published again.
    private var rejected: [Outcome] = []
    private var retryAt: EventLoop.Nanoseconds = 0
    private static let pause: EventLoop.Nanoseconds = 1_000_000_000
    private let decisionJournaled = CrashPoint("decision-journaled")
    private let outcomeTold = CrashPoint("outcome-told")

    static let pauseSeconds = 0.003
    static let stateName = "the stock"

    init(_ outcomes: SharedOutcomes, log: Logger) {
        self.outcomes = outcomes
        self.log = log
    }

    // MARK: Orders

    func read(_ delivery: AMQPDelivery) throws(MalformedMessage) -> OrderMessage {
        try OrderMessage(delivery.message, routingKey: delivery.routingKey, expecting: [.placed])
    }

    func handle(
        _ placed: OrderMessage, _ tag: UInt64, _ session: JournalSession<InventoryWork>
    ) throws(AMQPError) -> MalformedMessage? {
        let (message, decision) = outcomes.decide(placed)
        let publication = message.publication
        // If an outcome cannot be encoded, only its order is rejected. A lost connection would bring it again and again.
        if let problem = publication.problem {
            if decision != nil { outcomes.undoLast() }
            return MalformedMessage(problem)
        }
        let outcome = Outcome(publication: publication, tag: tag)
        if let decision {
            session.journal(.decision(outcome)) { decision.write(to: &$0) }
        } else if session.isJournaled {
            try session.publish(publication, .message(outcome))
        } else {
            session.journal(.copy(outcome)) { _ in }
        }
        return nil
    }

    func journaled(_ token: Token, _ session: JournalSession<InventoryWork>) throws(AMQPError) {
        switch token {
        case .decision(let outcome):
            decisionJournaled.reach()
            outcomes.confirmFirst()
            try session.publish(outcome.publication, .message(outcome))
        case .copy(let outcome): try session.publish(outcome.publication, .message(outcome))
        case .message: break
        }
    }

    func answered(_ token: Token, _ verdict: ConfirmVerdict, _ session: JournalSession<InventoryWork>) {
        guard case .message(let outcome) = token else { return }
        outcomeTold.reach()
        if verdict == .confirmed {
            session.complete(outcome.tag)
        } else {
            rejected.append(outcome)
            retryAt = EventLoop.now() &+ InventoryWork.pause
        }
    }

    /// Bindings may have been deleted: they are declared again before outcomes are tried once more.
    func turn(_ session: JournalSession<InventoryWork>) throws(AMQPError) -> EventLoop.Nanoseconds? {
        guard !rejected.isEmpty else { return nil }
        guard retryAt <= EventLoop.now() else { return retryAt }
        log.warning("outcomes that the broker did not take are published again", [.count: "\(rejected.count)"])
        try session.declareTopology()
        let again = rejected
        rejected = []
        for outcome in again { try session.publish(outcome.publication, .message(outcome)) }
        return nil
    }

    func finish(_ session: JournalSession<InventoryWork>) {}

    func disconnected() { rejected = [] }

    func take(_ command: Never, _ session: JournalSession<InventoryWork>) {}
    func refuse(_ command: Never) {}
    func availabilityChanged(_ isAvailable: Bool) {}

    // MARK: The journal

    func forget() { outcomes.forget() }

    /// What was decided and is not in the journal was told to nobody.
    func forgetUnconfirmed() { outcomes.undoUnconfirmed() }

    func restoreBeginning(_ reader: inout BinaryReader) throws(JournalDamage) {
        outcomes.restore(try ReservedTotals(from: &reader))
    }

    func restore(_ reader: inout BinaryReader, record: UInt64, isOfSnapshot: Bool) throws(JournalDamage) {
        outcomes.restore(try InventoryEntry(from: &reader), isOfSnapshot: isOfSnapshot)
    }

    func begin(_ session: JournalSession<InventoryWork>) {}

    func beginSnapshot(_ writer: inout BinaryWriter) { outcomes.beginSnapshot(&writer) }

    func writePiece(_ writer: inout BinaryWriter, length: Int) -> Bool { outcomes.writePiece(&writer, length: length) }
}
