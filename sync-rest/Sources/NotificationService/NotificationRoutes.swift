internal import CampusModel
internal import ServiceKit
internal import StrictJSON
internal import Workflow
internal import WorkflowHTTP

/// The service's HTTP interface over one log.
struct NotificationRoutes: Sendable {
    let notifications = NotificationLog()
    let log: Logger

    /// What customers are told of.
    private static let statuses = OrderStatus.allCases

    func router(_ faults: Faults, _ readiness: Readiness) -> Router {
        Router([sendRoute.working(faults), .notifications(notifications, NotificationRoutes.statuses, readiness)])
    }

    private var sendRoute: Route {
        .post(
            "/send",
            Route.Operation(
                "send", .notifications, "Tells a customer what has become of an order",
                "The same order and status twice is one entry."),
            takes: .these(.body(OrderFields.id), .body(OrderFields.status), .body(OrderFields.item)),
            answers: [.json("The entry", NotificationLog.Entry.schema(NotificationRoutes.statuses))]
        ) { request, input in
            let (id, status, item) = input
            let entry = notifications.add(id, status, item: item)
            log.debug("logged a notification", [.orderID: "\(id)"], of: request.context)
            return .object { entry.writeFields(to: &$0) }
        }
    }
}
