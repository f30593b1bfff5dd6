public import ServiceKit

// The groups of the routes that several parts have.
extension Route.Tag {
    /// Placing orders, and what has become of them.
    public static let orders = Route.Tag("orders", "Placing orders, and what has become of them.")
    /// What is left of each item.
    public static let stock = Route.Tag("stock", "What is left of each item.")
    /// What customers were told.
    public static let notifications = Route.Tag("notifications", "What customers were told.")
}
