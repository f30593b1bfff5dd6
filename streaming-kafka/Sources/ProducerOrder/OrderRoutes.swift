internal import CampusModel
internal import ServiceKit
internal import StrictJSON
internal import WorkflowHTTP

/// The service's HTTP interface over one order service.
struct OrderRoutes: Sendable {
    private let service: OrderService

    init(_ service: OrderService) { self.service = service }

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        var router = Router()
        router.postOrder(faults) { request, context in
            let (order, isReplay) = try await service.place(request, context)
            return (.order(order, status: 201), isReplay)
        }
        router.postWork("/orders/bulk", faults) { try await placeMany($0) }
        router.addOrders(service.orders, readiness)
        return router
    }

    private func placeMany(_ request: HTTPRequest) async throws -> HTTPResponse {
        let result = try await service.place(try BulkRequest(from: try request.json()), request.context)
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
