internal import AMQPClient
internal import CampusModel
internal import Journal
internal import OrderMessages
internal import ServiceKit
internal import Workflow

/// Tells customers of reservations: logs a notification for each, writes it to the journal, then acknowledges the message.
///
/// `@unchecked Sendable`: what is mutable belongs to the worker's thread.
final class NotificationWork: JournaledWork, @unchecked Sendable {
    typealias Command = Never
    struct Token: Sendable {
        /// The order; `nil` if the entry is another message's.
        let id: OrderID?
        /// The delivery that is acknowledged.
        let tag: UInt64
    }

    private let notifications: NotificationLog
    /// The orders whose entries are on their way into the journal.
    private var underWay: Set<OrderID> = []
    /// Those whose entries were on their way when the connection was lost: they are written again.
    private var doubtful: Set<OrderID> = []
    private var rest = 0..<0

    static let pauseSeconds = 0.003
    static let stateName = "the notifications"

    init(_ notifications: NotificationLog) { self.notifications = notifications }

    func read(_ delivery: AMQPDelivery) throws(MalformedMessage) -> OrderMessage {
        try OrderMessage(delivery.message, routingKey: delivery.routingKey, expecting: [.reserved])
    }

    func handle(
        _ reserved: OrderMessage, _ tag: UInt64, _ session: JournalSession<NotificationWork>
    ) -> MalformedMessage? {
        let order = reserved.event.order
        if notifications.has(order.id, .reserved), !doubtful.contains(order.id) {
            // A copy: its entry is in the journal, or on its way there.
            let token = Token(id: nil, tag: tag)
            if session.isJournaled { session.complete(tag) } else { session.journal(token, isUrgent: false) { _ in } }
        } else {
            let entry = notifications.add(order.id, .reserved, item: order.item)
            doubtful.remove(order.id)
            underWay.insert(order.id)
            session.journal(Token(id: order.id, tag: tag), isUrgent: false) { writer in
                NotificationEntry(id: entry.id, item: entry.item, timestamp: entry.timestamp).write(to: &writer)
            }
        }
        return nil
    }

    func journaled(_ token: Token, _ session: JournalSession<NotificationWork>) {
        if let id = token.id { underWay.remove(id) }
        session.complete(token.tag)
    }

    func answered(_ token: Token, _ verdict: ConfirmVerdict, _ session: JournalSession<NotificationWork>) {}
    func turn(_ session: JournalSession<NotificationWork>) -> EventLoop.Nanoseconds? { nil }
    func finish(_ session: JournalSession<NotificationWork>) {}
    func disconnected() {
        doubtful.formUnion(underWay)
        underWay = []
    }
    func take(_ command: Never, _ session: JournalSession<NotificationWork>) {}
    func refuse(_ command: Never) {}
    func availabilityChanged(_ isAvailable: Bool) {}

    // MARK: The journal

    /// What is known stays: the journal tells it again, and more.
    func forget() {}
    /// A customer who was told cannot be untold.
    func forgetUnconfirmed() {}
    func restoreBeginning(_ reader: inout BinaryReader) {}
    func begin(_ session: JournalSession<NotificationWork>) {}

    func restore(_ reader: inout BinaryReader, record: UInt64, isOfSnapshot: Bool) throws(JournalDamage) {
        let entry = try NotificationEntry(from: &reader)
        notifications.add(entry.id, .reserved, item: entry.item, at: entry.timestamp)
        doubtful.remove(entry.id)
    }

    func beginSnapshot(_ writer: inout BinaryWriter) { rest = 0..<notifications.placeCount }

    func writePiece(_ writer: inout BinaryWriter, length: Int) -> Bool {
        while writer.count < length, !rest.isEmpty {
            let (entries, next) = notifications.entries(from: rest.lowerBound, to: rest.upperBound, most: 64)
            for entry in entries {
                NotificationEntry(id: entry.id, item: entry.item, timestamp: entry.timestamp).write(to: &writer)
            }
            rest = min(next, rest.upperBound)..<rest.upperBound
        }
        return rest.isEmpty
    }
}
