internal import CampusModel
internal import ServiceKit
internal import StrictJSON
internal import Tracing
internal import WorkflowHTTP

/// The service's HTTP interface over one order service.
struct OrderRoutes: Sendable {
    private let service: OrderService

    init(_ service: OrderService) { self.service = service }

    /// What an order may be in this part.
    private static let statuses: [OrderStatus] = [.placed, .reserved, .failed]

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        let answers: [Reply] = [
            .json(
                "The event is in the log", Order.schema(OrderRoutes.statuses), status: 201, headers: [Reply.replayed]),
            .notPublished,
        ]
        let detail = "The answer comes once the broker has acknowledged the event. The outcome comes later."
        return Router(
            [
                .placeOrder(faults, detail, answers: answers) { request, context in
                    let (order, isReplay) = try await service.place(request, context)
                    return (.order(order, status: 201), isReplay)
                },
                bulkRoute.working(faults),
            ] + Route.orders(service.orders, OrderRoutes.statuses, readiness))
    }

    private var bulkRoute: Route {
        let fields = BulkRequest.fields
        let sample = JSONSchema.Property("order_ids_sample", .array(of: Order.idSchema, "Some of the orders.", most: 5))
        let seconds = JSONSchema.Property(
            "seconds", .number("How long it took.", in: 0...(.infinity), example: 0.29))
        return .post(
            "/orders/bulk",
            Route.Operation(
                "placeOrders", .orders, "Places many orders at once",
                "The answer comes once the broker has acknowledged all events. A few bulks run at once; others wait."),
            takes: .these(
                .body(fields.count), .body(fields.item), .body(fields.quantity)),
            answers: [
                .json(
                    "All events are in the log",
                    .object([.init("count", fields.count.schema), sample, seconds]), status: 201),
                .retryLater(
                    .brokerUnavailable, "the broker acknowledged 4000 of 10000 orders, then no more",
                    with: [
                        .init("acknowledged", .count("How many orders are in the log.", example: 4000)), sample,
                        seconds,
                    ]),
                .retryLater(.overloaded, "too many other bulks are under way at the moment"),
            ]
        ) { request, input in
            let (count, item, quantity) = input
            return try await placeMany(BulkRequest(count: count, item: item, quantity: quantity), request.context)
        }
    }

    private func placeMany(_ bulk: BulkRequest, _ context: RequestContext) async throws -> HTTPResponse {
        let result = try await service.place(bulk, context)
        var response = HTTPResponse.object(status: result.isComplete ? 201 : 503) { json in
            if result.isComplete {
                json.field("count", result.count)
            } else {
                json.field("error", HTTPError.Code.brokerUnavailable.rawValue)
                json.field(
                    "detail", "the broker acknowledged \(result.acknowledged) of \(result.count) orders, then no more")
                json.field("acknowledged", result.acknowledged)
            }
            json.name("order_ids_sample")
            json.array { json in for id in result.sample { json.value(id) } }
            json.field("seconds", result.seconds)
        }
        if !result.isComplete { response.headers.append(("Retry-After", "1")) }
        return response
    }
}
