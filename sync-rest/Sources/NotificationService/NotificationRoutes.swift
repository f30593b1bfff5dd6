internal import CampusModel
internal import ServiceKit
internal import StrictJSON
internal import Workflow
internal import WorkflowHTTP

/// The service's HTTP interface over one log.
struct NotificationRoutes: Sendable {
    let notifications = NotificationLog()
    let log: Logger

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        var router = Router()
        router.postWork("/send", faults) { try send($0) }
        router.addNotifications(notifications, readiness)
        return router
    }

    private func send(_ request: HTTPRequest) throws -> HTTPResponse {
        let json = try request.json()
        let (id, status) = (try json.orderID("order_id"), try json.status())
        let entry = notifications.add(id, status, item: try json.item())
        log.debug("logged a notification", [.orderID: "\(id)"], of: request.context)
        return .object { entry.writeFields(to: &$0) }
    }
}
