public import CampusModel
public import ServiceKit
internal import StrictJSON
public import Workflow

/// Which items there are at the start, and how many of each.
public struct InitialStock: Sendable {
    /// How many there are of each item.
    public let counts: [String: Int]
    /// The order in which answers name the items: the menu first, then the others by name.
    public let items: [String]

    /// Takes the numbers.
    public init(_ counts: [String: Int]) {
        self.counts = counts
        items = Order.menu.filter { counts[$0] != nil } + counts.keys.filter { !Order.menu.contains($0) }.sorted()
    }
}

extension Route {
    /// Describes `GET /stock`, which answers only while the service knows its stock. A stock that is below zero, since the
    /// service was started with less than is reserved already, shows as 0.
    ///
    /// - Parameter current: what is left of each item.
    public static func stock(
        _ initial: InitialStock, _ readiness: Readiness, _ current: @escaping @Sendable () async -> [String: Int]
    ) -> Route {
        let items = initial.items.map {
            JSONSchema.Property($0, .count("How many are left.", example: initial.counts[$0] ?? 0))
        }
        return .get(
            "/stock", Operation("getStock", .stock, "Tells what is left of each item"),
            answers: [.json("What is left of each item", .object(items).named("Stock"))]
        ) { _ in
            let stock = await current()
            return .object { json in
                for item in initial.items { json.field(item, max(0, stock[item] ?? 0)) }
            }
        }.telling(readiness)
    }

    /// Describes `GET /notifications`, which answers only while the service knows them.
    ///
    /// - Parameter statuses: those that customers are told of in this part.
    public static func notifications(
        _ notifications: NotificationLog, _ statuses: [OrderStatus], _ readiness: Readiness
    ) -> Route {
        .get(
            "/notifications", Operation("listNotifications", .notifications, "Lists what customers were told"),
            takes: .these(.after, .limit),
            answers: [
                .json("The notifications, oldest first", .array(of: NotificationLog.Entry.schema(statuses))),
                .unknownOrder,
            ]
        ) { _, input in
            let (after, limit) = input
            return HTTPResponse(try notifications.list(after: after, limit: limit))
        }.telling(readiness)
    }
}
