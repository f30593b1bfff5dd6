internal import AMQPClient
internal import ServiceKit

extension JournaledRole {
    /// A test may want the service killed here, once all is sent.
    func reach(_ point: CrashPoint, _ connection: AMQPConnection) {
        guard point.isArmed else { return }
        connection.flush()
        point.reach()
    }

    func publishRecord(
        _ body: [UInt8], to stream: String, _ what: Sent, _ connection: AMQPConnection
    ) throws(AMQPError) {
        try publish(body, to: stream, type: "Journal", contentType: JournalRecord.contentType, what, connection)
    }

    func publish(
        _ body: [UInt8], to queue: String, type: String, contentType: String = "application/json", _ what: Sent,
        _ connection: AMQPConnection
    ) throws(AMQPError) {
        let message = AMQPMessage(body: body, messageID: type, type: type)
        sent.publish(what, messageID: type)
        try connection.publish(
            AMQPPublication(exchange: "", routingKey: queue, message: message, contentType: contentType),
            on: Self.leaseChannel)
    }

    // MARK: For the work

    func publish(
        _ publication: AMQPPublication, _ token: Work.Token, _ connection: AMQPConnection
    ) throws(AMQPError) {
        sent.publish(.message(token), messageID: publication.message.messageID)
        try connection.publish(publication, on: Self.leaseChannel)
    }

    func journal(_ token: Work.Token?, isUrgent: Bool, _ write: (inout BinaryWriter) -> Void) -> UInt64 {
        outbox?.append(token, isUrgent: isUrgent, write) ?? 0
    }

    var isJournaled: Bool { outbox?.isEmpty != false }

    var newestRecord: UInt64 { outbox?.newest ?? 0 }

    func declareTopology(_ connection: AMQPConnection) throws(AMQPError) {
        try connection.declare(names.topology, on: Self.leaseChannel)
    }

    /// The place of a record in the stream, or one before it: others may have published to the stream.
    func offset(of record: UInt64) -> Int64 { place.offset + Int64(clamping: record - min(place.record, record)) }
}
