public import StrictJSON

/// A description of the messages that services exchange through a broker: AsyncAPI 3.0.
///
/// It is written from the same values that make the messages, and knows no broker: what one broker needs to be told stands in
/// bindings, which a part fills in. It describes a whole part, not one service: the operations say which service does what.
///
/// Source: AsyncAPI Specification 3.0.0.
public struct AsyncAPI: Sendable {
    /// What the system is called.
    public let title: String
    /// What it is for, in a few sentences.
    public let text: String
    /// Where the broker is.
    public let server: Server
    /// The protocol's name and version in bindings, such as `amqp` and `0.3.0`.
    public let binding: (name: String, version: String)
    /// What messages there are.
    public let messages: [Message]
    /// Where they are sent to and received from.
    public let channels: [Channel]
    /// What each service does there.
    public let operations: [Operation]

    /// Describes a system.
    public init(
        title: String, text: String, server: Server, binding: (name: String, version: String), messages: [Message],
        channels: [Channel], operations: [Operation]
    ) {
        self.title = title
        self.text = text
        self.server = server
        self.binding = binding
        self.messages = messages
        self.channels = channels
        self.operations = operations
    }

    /// A field of a binding or an extension.
    public struct Detail: Sendable {
        /// What a field may hold.
        public enum Content: Sendable {
            case value(JSONValue)
            /// What a value may be, as JSON Schema.
            case schema(JSONSchema)
        }

        let name: String
        let content: Content

        /// A field with a value.
        public init(_ name: String, _ value: JSONValue) { (self.name, content) = (name, .value(value)) }

        /// A field with a schema.
        public init(_ name: String, _ schema: JSONSchema) { (self.name, content) = (name, .schema(schema)) }
    }

    /// A broker.
    public struct Server: Sendable {
        let host: String
        let scheme: String
        let version: String?
        let text: String

        /// Describes a broker.
        ///
        /// - Parameters:
        ///   - host: its name with the port.
        ///   - scheme: the protocol, such as `amqp`.
        ///   - version: the protocol's version.
        public init(host: String, scheme: String, version: String? = nil, text: String) {
            self.host = host
            self.scheme = scheme
            self.version = version
            self.text = text
        }
    }

    /// One kind of message.
    public struct Message: Sendable {
        /// Its name.
        public let name: String
        let summary: String
        let text: String?
        let contentType: String?
        let headers: JSONSchema?
        let payload: JSONSchema?
        let correlation: (location: String, meaning: String)?
        let bindings: [Detail]
        let extensions: [Detail]

        /// Describes a message.
        ///
        /// - Parameters:
        ///   - contentType: `nil` if it may be anything.
        ///   - headers: `nil` if nothing is said about them.
        ///   - payload: `nil` if it may be any bytes.
        ///   - correlation: a runtime expression, such as `$message.payload#/order_id`, for what messages that belong together have
        ///     in common.
        ///   - extensions: their names begin with `x-`.
        public init(
            _ name: String, summary: String, text: String? = nil, contentType: String? = nil,
            headers: JSONSchema? = nil, payload: JSONSchema? = nil,
            correlation: (location: String, meaning: String)? = nil, bindings: [Detail] = [],
            extensions: [Detail] = []
        ) {
            self.name = name
            self.summary = summary
            self.text = text
            self.contentType = contentType
            self.headers = headers
            self.payload = payload
            self.correlation = correlation
            self.bindings = bindings
            self.extensions = extensions
        }
    }

    /// A place that messages are sent to or received from.
    public struct Channel: Sendable {
        /// Its name in the description.
        public let name: String
        let address: String?
        let summary: String
        let text: String?
        let messages: [String]
        let bindings: [Detail]
        let extensions: [Detail]

        /// Describes a channel.
        ///
        /// - Parameters:
        ///   - address: a topic, a routing key or a queue; `nil` if it is not known before.
        ///   - messages: the names of those that may come.
        public init(
            _ name: String, address: String?, summary: String, text: String? = nil, messages: [String],
            bindings: [Detail], extensions: [Detail] = []
        ) {
            self.name = name
            self.address = address
            self.summary = summary
            self.text = text
            self.messages = messages
            self.bindings = bindings
            self.extensions = extensions
        }
    }

    /// What one service does with messages of one channel.
    public struct Operation: Sendable {
        /// Whether a service sends messages or receives them.
        public enum Action: String, Sendable {
            case send, receive
        }

        let name: String
        let action: Action
        let service: String
        let channel: String
        let messages: [String]
        let summary: String
        let text: String?
        let bindings: [Detail]

        /// Describes what a service does.
        ///
        /// - Parameters:
        ///   - name: its name in the description.
        ///   - messages: the names of those that the service sends or uses, which the channel has.
        public init(
            _ name: String, _ service: String, _ action: Action, _ messages: [String], on channel: String,
            summary: String, text: String? = nil, bindings: [Detail] = []
        ) {
            self.name = name
            self.service = service
            self.action = action
            self.messages = messages
            self.channel = channel
            self.summary = summary
            self.text = text
            self.bindings = bindings
        }
    }
}
