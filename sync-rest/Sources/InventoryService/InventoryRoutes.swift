internal import CampusModel
internal import ServiceKit
internal import StrictJSON
internal import Synchronization
internal import Workflow
internal import WorkflowHTTP

/// The service's HTTP interface over one inventory.
final class InventoryRoutes: Sendable {
    private let reservations: Mutex<Reservations>
    private let initial: InitialStock
    private let log: Logger

    init(stock: InitialStock, log: Logger) {
        initial = stock
        reservations = Mutex(Reservations(stock: stock.counts))
        self.log = log
    }

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        var router = Router()
        router.postWork("/reserve", faults) { try self.reserve($0) }
        router.postWork("/release", faults) { try self.release($0) }
        router.addStock(initial, readiness) { self.reservations.withLock { $0.stock } }
        return router
    }

    private func reserve(_ request: HTTPRequest) throws -> HTTPResponse {
        let json = try request.json()
        let (id, item, quantity) = (try json.orderID("order_id"), try json.item(), try json.quantity())
        let answer = reservations.withLock { $0.reserve(id, item: item, quantity: quantity) }
        log.debug("decided about an order", [.orderID: "\(id)"], of: request.context)
        switch answer {
        case .decided(.reserved(let remaining)):
            return .object {
                $0.field("order_id", id)
                $0.field("item", item)
                $0.field("quantity", quantity)
                $0.field("status", OrderStatus.reserved.rawValue)
                $0.field("remaining", remaining)
            }
        case .decided(.insufficientStock(let remaining)):
            throw HTTPError(409, .insufficientStock, "\(quantity) were ordered and \(remaining) are left")
        case .decided(.unknownItem):
            throw HTTPError(404, .unknownItem, "there is no such item")
        case .released:
            throw HTTPError(409, .released, "this order was released")
        case .mismatch:
            throw HTTPError(422, .orderMismatch, "this order was here with another item or quantity")
        }
    }

    private func release(_ request: HTTPRequest) throws -> HTTPResponse {
        let id = try request.json().orderID("order_id")
        let released = reservations.withLock { $0.release(id) }
        log.info("released an order", [.orderID: "\(id)", .quantity: "\(released)"], of: request.context)
        return .object {
            $0.field("order_id", id)
            $0.field("released", released)
        }
    }
}

extension HTTPError.Code {
    /// The order was released already.
    static let released = HTTPError.Code(rawValue: "released")
    /// The order was here before with another item or quantity.
    static let orderMismatch = HTTPError.Code(rawValue: "order_mismatch")
}
