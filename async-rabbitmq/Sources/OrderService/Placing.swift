internal import OrderMessages
internal import ServiceKit
internal import Synchronization
internal import Tracing
internal import Workflow

/// An order on its way: to the exchange, and into the journal. Its client is answered with 202 once both have it.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread, but for the decision, which is atomic.
final class Placing: @unchecked Sendable {
    /// Whom to tell; `nil` for an order that is sent again after a start, for which nobody waits.
    let ticket: PendingReplies<OrderSender.Outcome, Int>.Ticket?
    let event: OrderEvent
    let context: RequestContext
    /// When the client is told that there was no answer.
    let deadline: EventLoop.Nanoseconds
    /// The record of the journal that it is in.
    var record: UInt64 = 0
    var isInJournal = false
    var isInQueue = false
    private let decision = Atomic<UInt8>(0)

    init(
        _ ticket: PendingReplies<OrderSender.Outcome, Int>.Ticket?, _ event: OrderEvent, _ context: RequestContext,
        until deadline: EventLoop.Nanoseconds
    ) {
        self.ticket = ticket
        self.event = event
        self.context = context
        self.deadline = deadline
    }

    /// Decides that it is placed.
    ///
    /// - Returns: whether that is so: it may have been given up.
    func confirm() -> Bool { decide(1) }

    /// Decides that it is given up: its client is told that it was not placed.
    ///
    /// - Returns: whether that is so: it may have been placed.
    func giveUp() -> Bool { decide(2) }

    /// Whether it was given up.
    var isGivenUp: Bool { decision.load(ordering: .acquiring) == 2 }

    private func decide(_ value: UInt8) -> Bool {
        let (isFirst, original) = decision.compareExchange(
            expected: 0, desired: value, ordering: .acquiringAndReleasing)
        return isFirst || original == value
    }
}
