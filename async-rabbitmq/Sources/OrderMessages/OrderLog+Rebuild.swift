public import AMQPClient
internal import CampusModel
public import ServiceKit
public import Workflow

extension OrderLog {
    /// Reads the whole log for a service that starts: says in the log and on `/ready` if a part of it is gone, and
    /// passes over what nobody can read. No other channel of the connection may be consuming.
    ///
    /// - Parameters:
    ///   - spare: a channel that is not open.
    ///   - kinds: events of other kinds are not read.
    ///   - each: is given the events in order, with the time when they were sent, in seconds since 1970.
    public static func rebuild(
        _ connection: AMQPConnection, spare: UInt16, kinds: Set<OrderEvent.Kind> = Set(OrderEvent.Kind.allCases),
        readiness: Readiness, log: Logger, _ each: (OrderMessage, Double) -> Void
    ) async throws(AMQPError) -> Summary {
        var unreadable = 0
        // A broker that takes nothing takes no barrier.
        func tell(_ event: AMQPEvent) {
            switch event {
            case .blocked: readiness.set("log", .blocked)
            case .unblocked: readiness.set("log", missing: nil)
            default: break
            }
        }
        defer { readiness.set("log", missing: nil) }
        let summary = try await OrderLog(on: spare).replay(connection, elsewhere: tell) { message, routingKey in
            guard kinds.contains(where: { OrderTopology.routingKey($0) == routingKey }) else { return }
            do throws(MalformedMessage) {
                let read = try OrderMessage(message, routingKey: routingKey, expecting: kinds)
                each(read, message.timestamp.map { Double($0) } ?? read.event.order.timestamp)
            } catch {
                unreadable += 1
            }
        }
        log.info("rebuilt from the log", [.count: "\(summary.count)"])
        if unreadable > 0 { log.warning("messages in the log could not be read", [.count: "\(unreadable)"]) }
        if summary.isTruncated {
            log.error("the beginning of the log is gone, and what it told is not known")
            readiness.warn("the beginning of the log has been dropped; what it told is not known")
        }
        return summary
    }

    /// Declares the topology; says in the log and on `/ready` if the log is gone though the working queues are there.
    public static func declare(
        _ connection: AMQPConnection, on channel: UInt16, readiness: Readiness, log: Logger
    ) throws(AMQPError) {
        if try isMissing(connection, on: channel) {
            log.error("the log of orders is gone, and what it told is not known")
            readiness.warn("the log of orders was gone; what it told is not known")
        }
        try connection.declare(OrderTopology.all, on: channel)
    }
}
