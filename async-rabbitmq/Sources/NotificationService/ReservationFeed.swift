internal import AMQPClient
internal import CampusModel
internal import ServiceKit

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

    func prepare(_ connection: AMQPConnection, channel: UInt16, spare: UInt16) throws(AMQPError) {
        try OrderLog.declare(connection, on: channel, readiness: readiness, log: log)
        guard !isRebuilt else { return }
        readiness.set("consumer", missing: ReservationFeed.notifications)
        _ = try OrderLog.rebuild(
            connection, spare: spare, kinds: [.reserved], readiness: readiness, log: log
        ) { event, sent in
            notifications.add(event.order, at: sent)
        }
        isRebuilt = true
        readiness.missingState = nil
    }

    var mayConsume: Bool { true }

    func handle(_ delivery: AMQPDelivery) throws(MalformedMessage) {
        let event = try OrderEvent(
            delivery.message, routingKey: delivery.routingKey, expecting: [.reserved], fallback: .reserved)
        notifications.add(event.order)
    }

    func stateChanged(_ state: AMQPState) { readiness.set("consumer", state) }
}
