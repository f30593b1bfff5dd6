internal import AMQPClient
internal import CampusModel
internal import OrderMessages
internal import ServiceKit
internal import Workflow

/// Logs a notification for each reservation, from the queue and, at the start, from the log of all that has happened.
///
/// `@unchecked Sendable`: `isRebuilt` belongs to the consumer's thread.
final class ReservationFeed: AMQPConsumerHandler, @unchecked Sendable {
    private let notifications: NotificationLog
    private let readiness: Readiness
    private let log: Logger
    private var isRebuilt = false

    init(_ notifications: NotificationLog, _ readiness: Readiness, log: Logger) {
        self.notifications = notifications
        self.readiness = readiness
        self.log = log
        readiness.missingState = ReservationFeed.notifications
    }

    private static let notifications = "the notifications, which are being rebuilt from the log"

    func prepare(_ connection: AMQPConnection, channel: UInt16, spare: UInt16) async throws(AMQPError) {
        try OrderLog.declare(connection, on: channel, readiness: readiness, log: log)
        guard !isRebuilt else { return }
        readiness.set("consumer", missing: ReservationFeed.notifications)
        _ = try await OrderLog.rebuild(
            connection, spare: spare, kinds: [.reserved], readiness: readiness, log: log
        ) { message, sent in
            let order = message.event.order
            notifications.add(order.id, .reserved, item: order.item, at: sent)
        }
        isRebuilt = true
        readiness.missingState = nil
    }

    var mayConsume: Bool { true }

    func handle(_ delivery: AMQPDelivery) throws(MalformedMessage) {
        let message = try OrderMessage(delivery.message, routingKey: delivery.routingKey, expecting: [.reserved])
        notifications.add(message.event.order.id, .reserved, item: message.event.order.item)
    }

    func stateChanged(_ state: AMQPState) { readiness.set("consumer", state) }
}
