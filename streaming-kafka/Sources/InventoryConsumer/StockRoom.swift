internal import CampusModel
internal import KafkaClient
internal import ServiceKit
internal import Synchronization

/// The inventory as the consumer's thread works on it and the HTTP interface looks at it.
///
/// The interface sees whole batches that were committed, never one that may yet be undone.
final class StockRoom: Sendable {
    private struct Shown: Sendable {
        var stock: [String: Int]
        var counts = Inventory.Counts()
    }
    private let shown: Mutex<Shown>
    private let initial: [String: Int]
    /// The order in which `/stock` names the items.
    private let items: [String]

    init(stock: [String: Int]) {
        initial = stock
        shown = Mutex(Shown(stock: stock))
        items = Order.menu.filter { stock[$0] != nil } + stock.keys.filter { !Order.menu.contains($0) }.sorted()
    }

    /// An inventory as it was before any order.
    var untouched: Inventory { Inventory(stock: initial) }

    /// Shows what is committed.
    func show(_ inventory: Inventory) {
        let (stock, counts) = (inventory.stock, inventory.counts)
        shown.withLock { $0 = Shown(stock: stock, counts: counts) }
    }

    /// What is left of each item, in the order of the menu; a stock that was configured too low shows as nothing.
    var stock: [(item: String, left: Int)] {
        let stock = shown.withLock { $0.stock }
        return items.map { ($0, max(0, stock[$0] ?? 0)) }
    }

    /// What was decided so far.
    var counts: Inventory.Counts { shown.withLock { $0.counts } }

    func router() -> Router {
        var router = Router()
        router.get("/stock") { _ in
            .object { json in for (item, left) in self.stock { json.field(item, left) } }
        }
        router.get("/stats") { _ in
            let counts = self.counts
            return .object { json in
                json.field("processed_count", counts.reserved + counts.failed)
                json.field("reserved", counts.reserved)
                json.field("failed", counts.failed)
                json.field("duplicates", counts.duplicates)
                json.field("malformed", counts.malformed)
            }
        }
        return router
    }
}
