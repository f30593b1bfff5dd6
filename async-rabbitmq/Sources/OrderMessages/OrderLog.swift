public import AMQPClient

/// Reads the stream of all that has happened, from its beginning to now.
///
/// "Now" is a barrier: a message published to the stream and confirmed, so that all that was routed before it stands before
/// it. Works over plain AMQP 0-9-1 (RabbitMQ, "Streams": consuming needs a prefetch and acknowledgements).
public struct OrderLog {
    /// What was found.
    public struct Summary: Sendable, Equatable {
        /// How many messages were read, barriers left out.
        public var count = 0
        /// Whether messages at the beginning have been dropped, since the stream is bounded.
        public var isTruncated = false
    }

    private static let prefetch: UInt16 = 4000
    private static let barrierType = "Barrier"
    private let channel: UInt16

    /// Reads on a channel that is not open yet.
    public init(on channel: UInt16) { self.channel = channel }

    /// Whether the stream is gone though the working queues are there: then nothing can be rebuilt.
    ///
    /// To be asked before the topology is declared. The log is declared first, so a node that is new has neither.
    public static func isMissing(_ connection: AMQPConnection, on channel: UInt16) throws(AMQPError) -> Bool {
        guard try connection.messageCount(OrderTopology.inventoryQueue, on: channel) != nil else { return false }
        return try connection.messageCount(OrderTopology.log, on: channel) == nil
    }

    /// Reads all events up to a barrier that is published now; ends with ``AMQPError/Kind/cancelled`` if the connection's worker
    /// must stop.
    ///
    /// - Parameters:
    ///   - elsewhere: is given what happens on other channels meanwhile.
    ///   - each: is given the messages in order, with their routing keys.
    public func replay(
        _ connection: AMQPConnection, elsewhere: (AMQPEvent) -> Void, _ each: (AMQPMessage, String) -> Void
    ) async throws(AMQPError) -> Summary {
        try connection.openChannel(channel)
        try connection.selectConfirms(channel)
        let barrier = OrderLog.barrier()
        try connection.publish(barrier, on: channel)
        try await awaitConfirm(connection, elsewhere)
        try await awaitUnblocked(connection, elsewhere)
        try connection.consume(
            OrderTopology.log, on: channel, prefetch: OrderLog.prefetch,
            arguments: [.init("x-stream-offset", .text("first"))])
        var summary = Summary()
        var unacknowledged = 0
        var isFirst = true
        while true {
            guard case .delivery(let delivery)? = try await next(connection, elsewhere) else { continue }
            let message = delivery.message
            if isFirst { summary.isTruncated = (message.integer("x-stream-offset") ?? 0) > 0 }
            isFirst = false
            unacknowledged += 1
            if unacknowledged == Int(OrderLog.prefetch) / 4 {
                try connection.acknowledge(delivery.tag, multiple: true, on: channel)
                unacknowledged = 0
            }
            guard message.type == OrderLog.barrierType else {
                summary.count += 1
                each(message, delivery.routingKey)
                continue
            }
            if message.messageID == barrier.message.messageID { break }
        }
        try await awaitUnblocked(connection, elsewhere)
        try connection.closeChannel(channel)
        return summary
    }

    /// A broker that blocks publishers reads nothing more from a connection that has published: a call that waits for its
    /// answer would be given up, and the connection with it.
    private func awaitUnblocked(
        _ connection: AMQPConnection, _ elsewhere: (AMQPEvent) -> Void
    ) async throws(AMQPError) {
        while connection.isBlocked { _ = try await next(connection, elsewhere) }
    }

    private func awaitConfirm(
        _ connection: AMQPConnection, _ elsewhere: (AMQPEvent) -> Void
    ) async throws(AMQPError) {
        while true {
            switch try await next(connection, elsewhere) {
            case .confirmed: return
            case .refused, .returned: throw AMQPError(.connectionLost, "the log does not take the barrier")
            default: break
            }
        }
    }

    /// The next thing that happens on the channel of the log; `nil` if it is on another one, or nothing has happened yet.
    private func next(
        _ connection: AMQPConnection, _ elsewhere: (AMQPEvent) -> Void
    ) async throws(AMQPError) -> AMQPEvent? {
        guard !connection.mustStop else { throw AMQPError(.cancelled, "the service stops") }
        guard let event = try connection.nextEvent() else {
            await connection.wait()
            return nil
        }
        switch event {
        case .delivery(let delivery) where delivery.channel == channel: return event
        case .confirmed(channel, _, _), .refused(channel, _, _), .returned(channel, _): return event
        default:
            elsewhere(event)
            return nil
        }
    }

    private static func barrier() -> AMQPPublication {
        let id = "\(UInt64.random(in: 0 ... .max))-\(UInt64.random(in: 0 ... .max))"
        return AMQPPublication(
            exchange: "", routingKey: OrderTopology.log,
            message: AMQPMessage(body: Array("{}".utf8), messageID: id, type: barrierType))
    }
}
