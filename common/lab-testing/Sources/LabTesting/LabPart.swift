/// The services of a part, and which of them answers what all parts have.
public struct LabPart: Sendable {
    /// All of them, in the order in which they are restarted.
    public let services: [LabService]
    /// The one that takes `POST /order` and tells `GET /orders`.
    public let orders: LabService
    /// The one that tells `GET /stock`.
    public let stock: LabService
    /// The one that tells `GET /notifications`; `nil` if the part has none.
    public let notifications: LabService?

    /// Says what a part has.
    public init(
        _ services: [LabService], orders: LabService, stock: LabService, notifications: LabService? = nil
    ) {
        self.services = services
        self.orders = orders
        self.stock = stock
        self.notifications = notifications
    }
}
