internal import CampusModel
internal import ServiceKit
internal import StrictJSON
internal import Synchronization
internal import Tracing
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
        Router([
            reserveRoute.working(faults), releaseRoute.working(faults),
            .stock(initial, readiness) { self.reservations.withLock { $0.stock } },
        ])
    }

    private var reserveRoute: Route {
        let reserved = JSONSchema.object([
            .init("order_id", Order.idSchema), OrderFields.item.property, OrderFields.quantity.property,
            .init("status", OrderFields.status([.reserved])),
            .init("remaining", .count("How many of the item are left.", example: 98)),
        ])
        return .post(
            "/reserve",
            Route.Operation(
                "reserve", .stock, "Takes stock for an order",
                "The same order again gets the same answer, and takes nothing more."),
            takes: .these(.body(OrderFields.id), .body(OrderFields.item), .body(OrderFields.quantity)),
            answers: [
                .json("The order holds its quantity", reserved.named("Reservation")),
                .error(404, .unknownItem, "there is no such item"),
                .error(409, .insufficientStock, "5 were ordered and 3 are left"),
                .error(409, .released, "this order was released"),
                .error(422, .orderMismatch, "this order was here with another item or quantity"),
            ]
        ) { request, input in
            let (id, item, quantity) = input
            return try self.reserve(id, item, quantity, request.context)
        }
    }

    private var releaseRoute: Route {
        .post(
            "/release",
            Route.Operation(
                "release", .stock, "Gives back what an order holds",
                "From then on a reservation for that order is refused, also if the order was not seen yet."),
            takes: .this(.body(OrderFields.id)),
            answers: [
                .json(
                    "The order holds nothing",
                    .object([
                        .init("order_id", Order.idSchema),
                        .init("released", .count("What was given back; 0 if it held nothing.", example: 2)),
                    ]))
            ]
        ) { request, id in self.release(id, request.context) }
    }

    private func reserve(
        _ id: OrderID, _ item: String, _ quantity: Int, _ context: RequestContext
    ) throws(HTTPError) -> HTTPResponse {
        let answer = reservations.withLock { $0.reserve(id, item: item, quantity: quantity) }
        log.debug("decided about an order", [.orderID: "\(id)"], of: context)
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

    private func release(_ id: OrderID, _ context: RequestContext) -> HTTPResponse {
        let released = reservations.withLock { $0.release(id) }
        log.info("released an order", [.orderID: "\(id)", .quantity: "\(released)"], of: context)
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
