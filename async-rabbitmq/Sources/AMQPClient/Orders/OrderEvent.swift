public import CampusModel

/// What the services tell each other: an order was placed, reserved, or failed.
public struct OrderEvent: Sendable, Equatable {
    /// What has happened.
    public enum Kind: String, Sendable, CaseIterable {
        case placed = "OrderPlaced"
        case reserved = "InventoryReserved"
        case failed = "InventoryFailed"

        /// The key that it is published with.
        public var routingKey: String {
            switch self {
            case .placed: "order.placed"
            case .reserved: "inventory.reserved"
            case .failed: "inventory.failed"
            }
        }

        /// The status of the order after it.
        public var status: OrderStatus {
            switch self {
            case .placed: .placed
            case .reserved: .reserved
            case .failed: .failed
            }
        }
    }

    /// What has happened.
    public let kind: Kind
    /// The order as it is after it.
    public let order: Order
    /// Identifies the message: a copy has the same.
    public let messageID: MessageID
    /// Why it failed: `insufficient_stock` or `unknown_item`.
    public let reason: String?
    /// The request that the order came with, which `correlation_id` carries on.
    public let requestID: String?
    /// The client's `Idempotency-Key`, which a header carries on, so that it survives the services.
    public let idempotencyKey: String?
    /// Of an outcome: the first message that the order came with, which the field `cause` carries.
    public let cause: MessageID?

    /// Makes an event.
    public init(
        _ kind: Kind, _ order: Order, messageID: MessageID, reason: String? = nil, requestID: String? = nil,
        idempotencyKey: String? = nil, cause: MessageID? = nil
    ) {
        self.kind = kind
        var order = order
        order.status = kind.status
        self.order = order
        self.messageID = messageID
        self.reason = reason
        self.requestID = requestID
        self.idempotencyKey = idempotencyKey
        self.cause = cause
    }

    static let keyHeader = "idempotency-key"

    /// The event as a message on its way to the exchange.
    public var publication: AMQPPublication {
        let id = messageID.description
        let body = JSONWriter.object(capacity: 320) { json in
            json.field("type", kind.rawValue)
            json.field("message_id", id)
            order.writeFields(to: &json)
            if let reason { json.field("reason", reason) }
            if let cause { json.field("cause", cause.description) }
        }
        var headers: [AMQPMessage.Header] = []
        if let idempotencyKey { headers.append(.init(OrderEvent.keyHeader, .text(idempotencyKey))) }
        let message = AMQPMessage(
            body: body, messageID: id, type: kind.rawValue, correlationID: requestID, timestamp: UInt64(Order.now()),
            headers: headers)
        return AMQPPublication(exchange: OrderTopology.exchange, routingKey: kind.routingKey, message: message)
    }
}

/// A message that no service can use, whoever gets it.
public struct MalformedMessage: Error, Equatable, CustomStringConvertible {
    /// One sentence for the log.
    public let description: String

    /// Takes the sentence.
    public init(description: String) { self.description = description }
}

extension OrderEvent {
    /// Reads a message.
    ///
    /// `type`, `status` and `timestamp` may be missing; unknown fields are ignored.
    ///
    /// - Parameters:
    ///   - routingKey: what it was published with, which tells the kind.
    ///   - kinds: what may come here.
    ///   - fallback: the kind where neither the routing key nor the message says.
    /// - Throws: ``MalformedMessage`` where it is not JSON, lacks a field, has a wrong one, or is of another kind.
    public init(
        _ message: AMQPMessage, routingKey: String, expecting kinds: Set<Kind>, fallback: Kind? = nil
    ) throws(MalformedMessage) {
        guard !message.isTooLong else { throw MalformedMessage(description: "the body is too long") }
        do {
            let json = try JSONObject(message.body)
            kind = try OrderEvent.kind(of: message, json, routingKey, kinds, fallback)
            messageID = try OrderEvent.identifier(of: message, json)
            if json.has("status") { _ = try json.status() }
            order = Order(
                id: try json.orderID("order_id"), item: try json.item(), quantity: try json.quantity(),
                status: kind.status, timestamp: try OrderEvent.time(of: message, json))
            reason = kind == .failed && json.has("reason") ? try json.string("reason") : nil
            cause = kind != .placed && json.has("cause") ? MessageID(try json.string("cause")) : nil
        } catch let error as InvalidField {
            throw MalformedMessage(description: error.description)
        } catch let error as InvalidJSON {
            throw MalformedMessage(description: error.description)
        } catch {
            throw MalformedMessage(description: "\(error)")
        }
        requestID = message.correlationID
        idempotencyKey = message.text(OrderEvent.keyHeader).flatMap { $0.utf8.count <= 255 ? $0 : nil }
    }

    private static func kind(
        of message: AMQPMessage, _ json: JSONObject, _ routingKey: String, _ kinds: Set<Kind>, _ fallback: Kind?
    ) throws -> Kind {
        let routed = kinds.first { $0.routingKey == routingKey }
        let written = try json.has("type") ? json.string("type") : message.type
        guard let written else {
            if let routed { return routed }
            if json.has("status"), let kind = kinds.first(where: { (try? json.status()) == $0.status }) { return kind }
            if let fallback { return fallback }
            throw InvalidField("type", "is missing, and the routing key does not tell it")
        }
        guard let kind = kinds.first(where: { $0.rawValue == written }), routed == nil || routed == kind else {
            throw InvalidField("type", "is not what belongs here")
        }
        return kind
    }

    /// The property, or where that is missing the field.
    private static func identifier(of message: AMQPMessage, _ json: JSONObject) throws -> MessageID {
        if let text = message.messageID, let id = MessageID(text) { return id }
        let text = try json.string("message_id")
        guard let id = MessageID(text), text.utf8.count <= 255, !text.unicodeScalars.contains("\0") else {
            throw InvalidField("message_id", "must have 1 to 255 bytes")
        }
        return id
    }

    private static func time(of message: AMQPMessage, _ json: JSONObject) throws -> Double {
        if json.has("timestamp") { return try json.number("timestamp", in: Order.timestamps) }
        guard let seconds = message.timestamp, Order.timestamps.contains(Double(seconds)) else { return Order.now() }
        return Double(seconds)
    }
}
