public import CampusModel
public import ServiceKit
public import StrictJSON
public import Tracing
public import Workflow

extension Route {
    /// Describes `POST /order`, which meets the service's faults first.
    ///
    /// - Parameters:
    ///   - summary: a few words on what the answer means in this part.
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
                takes: .these(.status, .orderID, .limit), answers: [.json("The orders", .array(of: order))]
            ) { _, input in
                var filter = OrderStore.Filter()
                (filter.status, filter.id, filter.limit) = input
                return HTTPResponse(json: store.list(filter))
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

extension RequestInput where Value == OrderStatus? {
    /// Takes `status` from the query: only orders that have it.
    static var status: RequestInput {
        .query(
            "status", OrderFields.status(OrderStatus.allCases).meaning("Only orders that have it."),
            OrderStatus.expectation
        ) { OrderStatus(rawValue: $0) }
    }
}

extension RequestInput where Value == OrderID? {
    /// Takes `order_id` from the query: only this order.
    static var orderID: RequestInput {
        .query("order_id", OrderFields.id.schema.meaning("Only this order."), "must be a UUID") { OrderID($0) }
    }
}

extension RequestInput where Value == Int? {
    /// Takes `limit` from the query: the newest so many.
    static var limit: RequestInput {
        .query("limit", "Only the newest so many.", in: 1...1_000_000_000, example: 20)
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
