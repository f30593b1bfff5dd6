public import AMQPClient
public import CampusModel
internal import StrictJSON
public import Tracing
public import Workflow

/// An order event as it travels through RabbitMQ: with an identifier by which a copy of the message is known as one.
public struct OrderMessage: Sendable, Equatable {
    /// What has happened.
    public let event: OrderEvent
    /// Identifies the message: a copy has the same.
    public let id: MessageID
    /// Of an outcome: the first message that the order came with. An outcome without one is not of an InventoryService's making.
    public let cause: MessageID?
    /// What goes along with it.
    public let context: RequestContext

    /// Makes a message.
    public init(_ event: OrderEvent, id: MessageID, cause: MessageID? = nil, context: RequestContext) {
        self.event = event
        self.id = id
        self.cause = cause
        self.context = context
    }

    /// The message that tells that an order was placed, with the same identifier each time that it is sent.
    public static func placed(_ event: OrderEvent, _ context: RequestContext) -> OrderMessage {
        OrderMessage(event, id: .uuid(event.order.id.named("placed")), context: context)
    }

    /// The message on its way to the exchange.
    public var publication: AMQPPublication {
        let text = id.description
        let body = JSONWriter.object(capacity: 320) { json in
            event.writeFields(to: &json)
            json.field("message_id", text)
            if let cause { json.field("cause", cause.description) }
        }
        var message = AMQPMessage(
            body: body, messageID: text, type: event.kind.rawValue, timestamp: UInt64(Order.now()))
        message.inject(context)
        return AMQPPublication(
            exchange: OrderTopology.exchange, routingKey: OrderTopology.routingKey(event.kind), message: message)
    }
}

extension OrderMessage {
    /// Reads a message. Senders from outside may leave out what the routing key or a property tells.
    ///
    /// - Parameters:
    ///   - routingKey: what it was published with, which tells the kind.
    ///   - kinds: what may come here. If that is one kind only, it is also what a message is that does not tell.
    /// - Throws: ``AMQPClient/MalformedMessage`` if it is not JSON, lacks a field, has a wrong one, or is of another kind.
    public init(
        _ message: AMQPMessage, routingKey: String, expecting kinds: Set<OrderEvent.Kind>
    ) throws(MalformedMessage) {
        guard !message.isTooLong else { throw MalformedMessage("the body is too long") }
        var hints = OrderEvent.Hints(kinds)
        hints.placeKind = kinds.first { OrderTopology.routingKey($0) == routingKey }
        hints.type = message.type
        hints.time = message.timestamp.map { Double($0) }
        do {
            let json = try JSONObject(message.body)
            event = try OrderEvent(from: json, hints)
            id = try OrderMessage.identifier(of: message, json)
            cause = event.kind != .placed && json.has("cause") ? MessageID(try json.string("cause")) : nil
        } catch {
            throw MalformedMessage("\(error)")
        }
        context = message.context
    }

    /// The property, or if that is missing the field.
    private static func identifier(of message: AMQPMessage, _ json: JSONObject) throws -> MessageID {
        if let text = message.messageID, let id = MessageID(text) { return id }
        let text = try json.string("message_id")
        guard let id = MessageID(text), text.utf8.count <= 255, !text.unicodeScalars.contains("\0") else {
            throw InvalidField("message_id", "must have 1 to 255 bytes")
        }
        return id
    }
}
