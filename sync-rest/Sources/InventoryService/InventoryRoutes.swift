internal import CampusModel
internal import ServiceKit
internal import Synchronization

/// The service's HTTP interface over one inventory.
final class InventoryRoutes: Sendable {
    private let inventory: Mutex<Inventory>
    /// The order in which `/stock` names the items.
    private let items: [String]
    private let log: Logger

    init(stock: [String: Int], log: Logger) {
        inventory = Mutex(Inventory(stock: stock))
        items = Order.menu.filter { stock[$0] != nil } + stock.keys.filter { !Order.menu.contains($0) }.sorted()
        self.log = log
    }

    func router(_ faults: Faults) -> Router {
        var router = Router()
        router.postWork("/reserve", faults) { try self.reserve($0) }
        router.postWork("/release", faults) { try self.release($0) }
        router.get("/stock") { _ in self.stock() }
        return router
    }

    private func reserve(_ request: HTTPRequest) throws -> HTTPResponse {
        let json = try request.json()
        let (id, item, quantity) = (try json.orderID("order_id"), try json.item(), try json.quantity())
        let reservation = inventory.withLock { $0.reserve(id, item: item, quantity: quantity) }
        log.debug("decided about an order", [.orderID: "\(id)", .requestID: request.requestID])
        switch reservation {
        case .reserved(let remaining):
            return .object {
                $0.field("order_id", id)
                $0.field("item", item)
                $0.field("quantity", quantity)
                $0.field("status", OrderStatus.reserved.rawValue)
                $0.field("remaining", remaining)
            }
        case .insufficientStock(let remaining):
            throw HTTPError(409, .insufficientStock, "\(quantity) were ordered and \(remaining) are left")
        case .unknownItem:
            throw HTTPError(404, .unknownItem, "there is no such item")
        case .released:
            throw HTTPError(409, .released, "this order was released")
        case .mismatch:
            throw HTTPError(422, .orderMismatch, "this order was here with another item or quantity")
        }
    }

    private func release(_ request: HTTPRequest) throws -> HTTPResponse {
        let id = try request.json().orderID("order_id")
        let released = inventory.withLock { $0.release(id) }
        log.info("released an order", [.orderID: "\(id)", .quantity: "\(released)", .requestID: request.requestID])
        return .object {
            $0.field("order_id", id)
            $0.field("released", released)
        }
    }

    private func stock() -> HTTPResponse {
        let stock = inventory.withLock { $0.stock }
        return .object { json in
            for item in items { json.field(item, stock[item] ?? 0) }
        }
    }
}
