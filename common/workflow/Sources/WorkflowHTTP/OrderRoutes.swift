public import CampusModel
public import ServiceKit
public import StrictJSON
public import Tracing
public import Workflow

extension Route {
    /// Describes `POST /order`, which meets the service's faults first.
    ///
    /// - Parameters:
    ///   - detail: when the answer comes in this part, in a sentence or two.
    ///   - answers: beside those that every part gives.
    ///   - place: takes what was asked for, and answers it; says whether another request with the same key has placed the
    ///     order before.
    public static func placeOrder(
        _ faults: Faults, _ detail: String, answers: [Reply],
        _ place: @escaping @Sendable (OrderRequest, RequestContext) async throws -> (HTTPResponse, isReplay: Bool)
    ) -> Route {
        .post(
            "/order", Operation("placeOrder", .orders, "Places an order", detail),
            takes: .these(.contextWithKey, .body(OrderFields.item), .body(OrderFields.quantity)),
            answers: answers + [
                .error(422, .idempotencyConflict, "the key was used for another order")
            ]
        ) { _, input in
            let (context, item, quantity) = input
            var (response, isReplay) = try await place(OrderRequest(item: item, quantity: quantity), context)
            if isReplay { response.headers.append(("Idempotent-Replayed", "true")) }
            return response
        }.working(faults)
    }

    /// Describes `GET /orders` and `GET /orders/{order_id}`, which answer only while the service knows its orders.
    ///
    /// - Parameter statuses: those that an order of this part may have.
    public static func orders(_ store: OrderStore, _ statuses: [OrderStatus], _ readiness: Readiness) -> [Route] {
        let order = Order.schema(statuses)
        return [
            .get(
                "/orders",
                Operation("listOrders", .orders, "Lists orders, oldest first", "All filters that are given must hold."),
                takes: .these(.status, .orderID, .after, .limit),
                answers: [.json("The orders", .array(of: order)), .unknownOrder]
            ) { _, input in
                var filter = OrderStore.Filter()
                (filter.status, filter.id, filter.after, filter.limit) = input
                return HTTPResponse(try await store.list(filter))
            }.telling(readiness),
            .get(
                "/orders/{order_id}", Operation("getOrder", .orders, "Tells what has become of an order"),
                takes: .this(.orderIDInPath),
                answers: [.json("The order", order), .error(404, .notFound, "there is no such order")]
            ) { _, id in
                guard let order = store.order(id) else { throw HTTPError.notFound("there is no such order") }
                return .order(order, status: 200)
            }.telling(readiness),
        ]
    }
}

extension RequestInput where Value == OrderID {
    /// Takes the order's identifier from the path.
    static var orderIDInPath: RequestInput {
        .path("order_id", OrderFields.id.schema, orNotFound: "order_id must be a UUID") { OrderID($0) }
    }
}

extension Order {
    /// Describes an order that has one of these statuses.
    public static func schema(_ statuses: [OrderStatus]) -> JSONSchema {
        JSONSchema.object(properties(statuses)).named("Order")
    }
}

extension HTTPResponse {
    /// The five fields of an order.
    public static func order(_ order: Order, status: Int) -> HTTPResponse {
        object(status: status) { order.writeFields(to: &$0) }
    }
}
