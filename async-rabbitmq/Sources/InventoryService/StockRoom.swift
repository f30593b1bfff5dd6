internal import AMQPClient
internal import CampusModel
internal import ServiceKit
internal import Synchronization

/// The inventory as the consumer's thread works on it and `GET /stock` looks at it.
final class StockRoom: Sendable {
    private let inventory: Mutex<Inventory>
    private let initial: [String: Int]
    /// The order in which `/stock` names the items.
    private let items: [String]

    init(stock: [String: Int]) {
        initial = stock
        inventory = Mutex(Inventory(stock: stock))
        items = Order.menu.filter { stock[$0] != nil } + stock.keys.filter { !Order.menu.contains($0) }.sorted()
    }

    /// Decides about an order, once.
    func decide(_ placed: OrderEvent) -> OrderEvent { inventory.withLock { $0.decide(placed) } }

    /// Whether the order, or its message, was decided about before.
    func hasDecided(_ placed: OrderEvent) -> Bool { inventory.withLock { $0.hasDecided(placed) } }

    /// An inventory as it was before any order.
    var untouched: Inventory { Inventory(stock: initial) }

    /// Takes an inventory that was rebuilt.
    func replace(_ rebuilt: Inventory) { inventory.withLock { $0 = rebuilt } }

    /// What is left of each item, in the order of the menu.
    var stock: [(item: String, left: Int)] {
        let stock = inventory.withLock { $0.stock }
        return items.map { ($0, stock[$0] ?? 0) }
    }

    func router(_ readiness: Readiness) -> Router {
        var router = Router()
        router.getState("/stock", readiness) { _ in
            .object { json in
                for (item, left) in self.stock { json.field(item, left) }
            }
        }
        return router
    }
}
