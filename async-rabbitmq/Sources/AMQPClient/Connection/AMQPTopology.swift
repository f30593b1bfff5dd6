/// Exchanges, queues and bindings, all durable.
public struct AMQPTopology: Sendable {
    /// An exchange.
    public struct Exchange: Sendable {
        /// Its name.
        public let name: String
        /// `topic` or `fanout`.
        public let type: String

        /// Takes a name and a type: `topic`, `fanout`.
        public init(_ name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    /// A queue.
    public struct Queue: Sendable {
        /// Its name.
        public let name: String
        /// Its `x-` arguments.
        public let arguments: [AMQPMessage.Header]

        /// Takes a name and the `x-` arguments.
        public init(_ name: String, _ arguments: [AMQPMessage.Header]) {
            self.name = name
            self.arguments = arguments
        }
    }

    /// A queue's binding to an exchange.
    public struct Binding: Sendable {
        /// The queue.
        public let queue: String
        /// The exchange.
        public let exchange: String
        /// The routing key.
        public let key: String

        /// Takes the queue, the exchange and the routing key.
        public init(_ queue: String, to exchange: String, key: String) {
            self.queue = queue
            self.exchange = exchange
            self.key = key
        }
    }

    /// In the order of their declaration.
    public let exchanges: [Exchange]
    /// In the order of their declaration.
    public let queues: [Queue]
    /// In the order of their declaration.
    public let bindings: [Binding]

    /// Takes all three.
    public init(exchanges: [Exchange], queues: [Queue], bindings: [Binding]) {
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
    }
}
