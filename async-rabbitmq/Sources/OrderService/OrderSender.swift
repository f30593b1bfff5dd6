internal import CampusModel
internal import Journal
internal import ServiceKit
internal import Tracing
internal import Workflow
internal import WorkflowHTTP

/// Sends orders from the service's loop, many at once, each of which waits for its confirms.
///
/// Everything belongs to the loop's thread. An order that is not confirmed within five seconds is given up, and then the
/// connection is shut down, since a broker that is silent for so long may never answer. It is not shut down if the broker has said
/// that it is blocked.
///
/// `@unchecked Sendable`: `replies` is touched on the loop's thread only, which is checked.
final class OrderSender: EventSource, OrderPublisher, @unchecked Sendable {
    /// What became of an order.
    enum Outcome: Sendable, Equatable {
        /// The broker has it in all queues that are bound for it, and in the journal.
        case confirmed
        /// No queue is bound for it.
        case returned
        /// A queue refused it, or it cannot be encoded.
        case refused
        /// There is no answer yet; it may arrive or not.
        case timedOut
        /// There is no connection, or the broker reads nothing at the moment; it was perhaps not sent.
        case unavailable
    }

    private let loop: EventLoop
    private let worker: JournaledWorker<OrderWork>
    private let work: OrderWork
    private let log: Logger
    /// Who waits for an answer, with the connection that the order was to go over.
    private var replies = PendingReplies<Outcome, Int>()
    /// How long the confirms may take.
    private static let patience: EventLoop.Nanoseconds = 5_000_000_000

    init(on loop: EventLoop, _ worker: JournaledWorker<OrderWork>, _ work: OrderWork, log: Logger) {
        loop.preconditionOnLoop()
        self.loop = loop
        self.worker = worker
        self.work = work
        self.log = log
        work.setCompletion { [weak self] results in
            guard let self else { return }
            loop.perform {
                for (ticket, outcome) in results { self.replies.reply(ticket, outcome) }
            }
        }
        loop.add(self)
    }

    /// Whether an order would be sent at once.
    var isAvailable: Bool { work.isAvailable }

    /// The earliest deadline of an order that is under way, or one that is earlier still.
    var deadline: EventLoop.Nanoseconds? { replies.earliest }

    func publish(_ event: OrderEvent, _ context: RequestContext) async -> String? {
        let outcome = await send(event, context)
        guard outcome != .confirmed else { return nil }
        log.warning(
            "an order could not be placed", [.orderID: "\(event.order.id)", .error: "\(outcome)"], of: context)
        return OrderSender.explanation(outcome)
    }

    private func send(_ event: OrderEvent, _ context: RequestContext) async -> Outcome {
        loop.preconditionOnLoop()
        guard isAvailable else { return .unavailable }
        let (ticket, end) = (replies.makeTicket(), EventLoop.now() &+ OrderSender.patience)
        let placing = Placing(ticket, event, context, until: end)
        let outcome = await withUnsafeContinuation { continuation in
            replies.add(ticket, continuation, worker.connectionNumber, until: end)
            if !worker.post(.place(placing)) { replies.reply(ticket, .unavailable) }
        }
        // The confirms may have come in the very moment in which it was given up.
        guard outcome != .confirmed, placing.giveUp() else { return .confirmed }
        _ = worker.post(.giveUp(event.order.id))
        return outcome
    }

    private static func explanation(_ outcome: Outcome) -> String {
        switch outcome {
        case .returned: "the broker has no queue for orders"
        case .refused: "the broker refused the order"
        case .timedOut: "the broker did not confirm the order in time"
        case .confirmed, .unavailable: OrderPlacement.unavailable
        }
    }

    /// Gives up what has waited for too long.
    func takeTurn() {
        guard let deadline, case let now = EventLoop.now(), deadline <= now else { return }
        let silent = Set(replies.replyToOverdue(now, .timedOut))
        guard !work.isBlocked else { return }
        // An order may have been on its way to a connection that is gone: the one that is open now did not keep it waiting.
        for connection in silent { worker.interrupt(connection: connection) }
    }

    /// Answers all that still wait; the worker was closed.
    func close() {
        loop.preconditionOnLoop()
        replies.replyToAll(.unavailable)
        loop.remove(self)
    }
}
