internal import OrderMessages
internal import ServiceKit
internal import Synchronization
internal import WorkflowHTTP

/// The outcomes as the consumer's thread decides them and `GET /stock` looks at them.
final class SharedOutcomes: Sendable {
    private let outcomes: Mutex<Outcomes>
    private let initial: InitialStock

    init(stock: InitialStock) {
        initial = stock
        outcomes = Mutex(Outcomes(stock: stock.counts))
    }

    /// Decides about an order, once.
    func decide(_ placed: OrderMessage) -> OrderMessage { outcomes.withLock { $0.decide(placed) } }

    /// Whether the order, or its message, was decided about before.
    func hasDecided(_ placed: OrderMessage) -> Bool { outcomes.withLock { $0.hasDecided(placed) } }

    /// No order decided yet.
    var untouched: Outcomes { Outcomes(stock: initial.counts) }

    /// Takes outcomes that were rebuilt.
    func replace(_ rebuilt: Outcomes) { outcomes.withLock { $0 = rebuilt } }

    /// What is left of each item.
    var stock: [String: Int] { outcomes.withLock { $0.stock } }

    func router(_ readiness: Readiness) -> Router {
        var router = Router()
        router.addStock(initial, readiness) { self.stock }
        return router
    }
}
