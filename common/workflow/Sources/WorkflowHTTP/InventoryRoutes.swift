internal import CampusModel
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

extension Router {
    /// Adds `GET /stock`, which answers only while the service knows its stock. A stock that is below zero, since the service
    /// was started with less than is reserved already, shows as 0.
    ///
    /// - Parameter current: what is left of each item.
    public mutating func addStock(
        _ initial: InitialStock, _ readiness: Readiness, _ current: @escaping @Sendable () async -> [String: Int]
    ) {
        getState("/stock", readiness) { _ in
            let stock = await current()
            return .object { json in
                for item in initial.items { json.field(item, max(0, stock[item] ?? 0)) }
            }
        }
    }

    /// Adds `GET /notifications`, which answers only while the service knows them.
    public mutating func addNotifications(_ notifications: NotificationLog, _ readiness: Readiness) {
        getState("/notifications", readiness) { request in
            HTTPResponse(try notifications.list(after: try request.orderID("after"), limit: try request.limit()))
        }
    }
}
