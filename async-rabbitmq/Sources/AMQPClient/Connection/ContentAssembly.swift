/// A message that comes in frames: the method that brings it, its properties, its body in pieces (AMQP 0-9-1, 2.3.5.2).
///
/// A pure value. Bodies beyond ``AMQPMessage/bodyLimit`` are counted and not kept.
enum ContentAssembly: Equatable {
    /// What the message is part of.
    enum Start: Equatable {
        case delivery(tag: UInt64, isRedelivered: Bool, routingKey: String)
        case returned
    }

    /// What became of a frame.
    enum Step: Equatable {
        case waits(ContentAssembly)
        case complete(Start, AMQPMessage)
    }

    /// The method has come.
    case started(Start)
    /// The properties have come, and perhaps a part of the body: so many bytes are missing.
    case filling(Start, AMQPMessage, missing: UInt64)

    /// Takes the properties; `nil` if none are due.
    func adding(properties message: AMQPMessage, bodySize: UInt64) -> Step? {
        guard case .started(let start) = self else { return nil }
        var message = message
        message.isTooLong = bodySize > UInt64(AMQPMessage.bodyLimit)
        if bodySize == 0 { return .complete(start, message) }
        if !message.isTooLong { message.body.reserveCapacity(Int(bodySize)) }
        return .waits(.filling(start, message, missing: bodySize))
    }

    /// Takes a piece of the body; `nil` if none is due, or not as much.
    func adding(body piece: UnsafeRawBufferPointer) -> Step? {
        guard case .filling(let start, var message, let missing) = self, piece.count <= missing else { return nil }
        if !message.isTooLong { message.body.append(contentsOf: piece) }
        let left = missing - UInt64(piece.count)
        return left == 0 ? .complete(start, message) : .waits(.filling(start, message, missing: left))
    }
}
