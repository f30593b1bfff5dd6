internal import CampusModel
internal import ServiceKit

/// The service's HTTP interface over one desk.
struct OrderRoutes: Sendable {
    private let desk: OrderDesk

    init(_ desk: OrderDesk) { self.desk = desk }

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        var router = Router()
        router.postWork("/order", faults) { try await place($0) }
        router.postWork("/orders/bulk", faults) { try await placeMany($0) }
        router.addOrders(desk.orders, readiness)
        return router
    }

    private func place(_ request: HTTPRequest) async throws -> HTTPResponse {
        let key = try request.idempotencyKey()
        let wanted = try OrderRequest(from: try request.json())
        let end = OrderDesk.patienceEnds
        // Asked before the key is looked at: until those in the log are known, one that was used seems to be new.
        let isOpen = await desk.opens(until: end)
        let (id, isReplay) = try await desk.keys.once(key, wanted) { id in
            guard isOpen else { return desk.refuse(wanted, as: id) }
            return await desk.place(wanted, as: id, key: key, requestID: request.requestID, until: end)
        }
        guard var order = desk.orders.order(id) else {
            return HTTPError(500, .internalError, "the order was lost").response
        }
        // A new order is answered as it was placed, even where its outcome was faster than the report.
        if !isReplay { order.status = .placed }
        var response = HTTPResponse.order(order, status: 201)
        if isReplay { response.headers.append(("Idempotent-Replayed", "true")) }
        return response
    }

    private func placeMany(_ request: HTTPRequest) async throws -> HTTPResponse {
        let result = try await desk.place(try BulkRequest(from: try request.json()), requestID: request.requestID)
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
