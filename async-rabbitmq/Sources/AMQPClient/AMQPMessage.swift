/// A message: a body with the properties that the lab uses.
public struct AMQPMessage: Sendable, Equatable {
    /// The body.
    public var body: [UInt8]
    /// `message_id`; at most 255 bytes, as all short strings of AMQP.
    public var messageID: String?
    /// `type`.
    public var type: String?
    /// `correlation_id`.
    public var correlationID: String?
    /// `timestamp`, in whole seconds since 1970.
    public var timestamp: UInt64?
    /// Those headers that hold a text or an integer; others, such as nested tables, are left out, and so is what is not
    /// UTF-8.
    public var headers: [Header] = []
    /// Whether the body was longer than ``bodyLimit`` and so is not here.
    public var isTooLong = false

    /// A header.
    public struct Header: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Its value.
        public let value: Value

        /// Takes both.
        public init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// The value of a header.
    public enum Value: Sendable, Equatable {
        /// Text in UTF-8.
        case text(String)
        /// An integer, whatever size it had on the way.
        case integer(Int64)
    }

    /// Longer bodies are read past and not kept: nothing that the lab sends has a hundredth of it.
    public static let bodyLimit = 1 << 20

    /// Makes a message.
    public init(
        body: [UInt8], messageID: String? = nil, type: String? = nil, correlationID: String? = nil,
        timestamp: UInt64? = nil, headers: [Header] = []
    ) {
        self.body = body
        self.messageID = messageID
        self.type = type
        self.correlationID = correlationID
        self.timestamp = timestamp
        self.headers = headers
    }

    /// The text of a header, `nil` if it is not there or no text.
    public func text(_ name: String) -> String? {
        for header in headers where header.name == name {
            if case .text(let text) = header.value { return text }
        }
        return nil
    }

    /// The number of a header, `nil` if it is not there or no integer.
    public func integer(_ name: String) -> Int64? {
        for header in headers where header.name == name {
            if case .integer(let number) = header.value { return number }
        }
        return nil
    }
}

/// A message on its way to the broker: always persistent.
public struct AMQPPublication: Sendable {
    /// The exchange; empty for the default one, which routes to the queue that the key names.
    public let exchange: String
    /// The routing key.
    public let routingKey: String
    /// The message.
    public let message: AMQPMessage

    /// `content_type`.
    public let contentType: String

    /// Takes all of them.
    public init(
        exchange: String, routingKey: String, message: AMQPMessage, contentType: String = "application/json"
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.message = message
        self.contentType = contentType
    }

    /// Why the message cannot be encoded; `nil` when it can be.
    ///
    /// A short string has at most 255 bytes (AMQP 0-9-1, section 4.2.5.3), and all properties together must fit into one
    /// frame (section 4.2.6).
    public var problem: String? {
        if isTooLong(exchange) { return "the exchange's name is too long" }
        if isTooLong(routingKey) { return "the routing key is too long" }
        if isTooLong(contentType) { return "content_type is too long" }
        if isTooLong(message.messageID) { return "message_id is too long" }
        if isTooLong(message.type) { return "type is too long" }
        if isTooLong(message.correlationID) { return "correlation_id is too long" }
        var size = 0
        for header in message.headers {
            if isTooLong(header.name) { return "the name of a header is too long" }
            size += header.name.utf8.count + 16
            if case .text(let text) = header.value { size += text.utf8.count }
        }
        return size <= AMQPPublication.headersLimit ? nil : "the headers are too long"
    }

    private func isTooLong(_ text: String?) -> Bool { text.map { $0.utf8.count > 255 } ?? false }

    /// So many bytes fit beside three short strings into the smallest frame that a broker may ask for, 4096 bytes.
    private static let headersLimit = 2048
}

/// A message as a consumer gets it.
public struct AMQPDelivery: Sendable {
    /// The channel that it came on.
    public let channel: UInt16
    /// What to acknowledge it by, on its channel.
    public let tag: UInt64
    /// Whether it was delivered before, to this consumer or another one.
    public let isRedelivered: Bool
    /// The key that it was published with.
    public let routingKey: String
    /// The message.
    public let message: AMQPMessage
}

/// What happens on a connection without having been asked for.
public enum AMQPEvent: Sendable {
    /// A message for a consumer.
    case delivery(AMQPDelivery)
    /// The broker has taken over the messages published on a channel: that of `tag`, or all up to it.
    case confirmed(channel: UInt16, tag: UInt64, multiple: Bool)
    /// The broker could not take them over.
    case refused(channel: UInt16, tag: UInt64, multiple: Bool)
    /// No queue was bound for a message; its confirm follows all the same.
    case returned(channel: UInt16, messageID: String?)
    /// The broker reads nothing more from this connection until it has memory or disk again.
    case blocked
    /// It reads again.
    case unblocked
}
