internal import Journal
internal import OrderMessages
internal import ServiceKit
internal import Synchronization
internal import WorkflowHTTP

/// The outcomes as the worker's thread decides them and `GET /stock` looks at them.
final class SharedOutcomes: Sendable {
    private struct State {
        var outcomes: Outcomes
        /// The decisions that a snapshot is yet to be written of.
        var rest = 0..<0
    }
    private let state: Mutex<State>
    private let initial: InitialStock

    init(stock: InitialStock) {
        initial = stock
        state = Mutex(State(outcomes: Outcomes(stock: stock.counts)))
    }

    /// Decides about an order, once.
    func decide(_ placed: OrderMessage) -> (message: OrderMessage, decision: InventoryEntry?) {
        state.withLock { $0.outcomes.decide(placed) }
    }

    /// See ``Outcomes``.
    func confirmFirst() { state.withLock { $0.outcomes.confirmFirst() } }
    func undoLast() { state.withLock { $0.outcomes.undoLast() } }
    func undoUnconfirmed() { state.withLock { $0.outcomes.undoUnconfirmed() } }
    func forget() { state.withLock { $0.outcomes = Outcomes(stock: initial.counts) } }
    func restore(_ totals: ReservedTotals) { state.withLock { $0.outcomes.restore(totals) } }
    func restore(_ decision: InventoryEntry, isOfSnapshot: Bool) {
        state.withLock { $0.outcomes.restore(decision, isOfSnapshot: isOfSnapshot) }
    }

    /// What is left of each item.
    var stock: [String: Int] { state.withLock { $0.outcomes.stock } }

    /// Writes the totals, and remembers how many decisions these are of.
    func beginSnapshot(_ writer: inout BinaryWriter) {
        let totals = state.withLock { state in
            state.rest = 0..<state.outcomes.count
            return state.outcomes.totals
        }
        totals.write(to: &writer)
    }

    /// - Returns: whether all decisions were written.
    func writePiece(_ writer: inout BinaryWriter, length: Int) -> Bool {
        while writer.count < length {
            let (decisions, isLast) = state.withLock { state in
                let rest = state.rest
                let (found, next) = state.outcomes.decisions(
                    from: rest.lowerBound, to: min(rest.lowerBound + 64, rest.upperBound))
                state.rest = next..<rest.upperBound
                return (found, state.rest.isEmpty)
            }
            for decision in decisions { decision.write(to: &writer) }
            if isLast { return true }
        }
        return false
    }

    func router(_ readiness: Readiness) -> Router {
        Router([.stock(initial, readiness) { self.stock }])
    }
}
