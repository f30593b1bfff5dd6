internal import CampusModel
internal import ServiceKit

/// The service's HTTP interface over one log.
struct NotificationRoutes: Sendable {
    let notifications = NotificationLog()
    let log: Logger

    func router(_ faults: Faults) -> Router {
        var router = Router()
        router.postWork("/send", faults) { try send($0) }
        router.get("/notifications") { _ in list() }
        return router
    }

    private func send(_ request: HTTPRequest) throws -> HTTPResponse {
        let json = try request.json()
        let (id, status) = (try json.orderID("order_id"), try json.status())
        let entry = notifications.add(id, status, item: try json.item())
        log.debug("logged a notification", [.orderID: "\(id)", .requestID: request.requestID])
        return .object { entry.writeFields(to: &$0) }
    }

    private func list() -> HTTPResponse {
        let entries = notifications.entries
        var json = JSONWriter(capacity: entries.count * 140 + 2)
        json.array { json in
            for index in 0..<entries.count { json.object { entries[index].writeFields(to: &$0) } }
        }
        return HTTPResponse(json: json.bytes)
    }
}
