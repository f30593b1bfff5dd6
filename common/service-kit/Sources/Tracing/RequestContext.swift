/// What goes along with a request, from the client through every service and message that follows from it.
///
/// Each transport has one place that takes it out of what arrives (extract) and one that puts it into what leaves (inject):
/// HTTP headers, AMQP properties and headers, Kafka record headers. Everything else hands it on as a whole.
public struct RequestContext: Sendable, Equatable {
    /// `X-Request-Id`: what a client or operator finds this request by in all logs; `nil` if a message came without one.
    public var requestID: String?
    /// The client's `Idempotency-Key`: two requests with the same key are the same order.
    public var idempotencyKey: String?
    /// The trace that the request belongs to, with this hop's own span.
    public var trace: TraceContext

    /// Takes all three, as they arrived.
    public init(requestID: String?, idempotencyKey: String? = nil, trace: TraceContext = .new()) {
        self.requestID = requestID
        self.idempotencyKey = idempotencyKey
        self.trace = trace
    }

    /// Makes a request identifier: the text of a random UUID (RFC 9562, version 4).
    public static func newRequestID() -> String {
        let (high, low) = (RandomBits.next(), RandomBits.next())
        // Section 5.4: four bits of version, two of variant, the rest random.
        let first = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let second = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { text in
            for index in [8, 13, 18, 23] { text[index] = UInt8(ascii: "-") }
            Hexadecimal.write(first >> 32, 8, to: text, at: 0)
            Hexadecimal.write(first >> 16, 4, to: text, at: 9)
            Hexadecimal.write(first, 4, to: text, at: 14)
            Hexadecimal.write(second >> 48, 4, to: text, at: 19)
            Hexadecimal.write(second, 12, to: text, at: 24)
            return 36
        }
    }
}

extension RequestContext {
    /// How many characters, from `!` to `~`, the identifier of a request may have.
    public static let requestIDLengths = 1...128

    /// The names of the fields that carry the context, in HTTP headers and in Kafka record headers.
    public enum Name {
        /// See ``RequestContext/requestID``.
        public static let requestID = "X-Request-Id"
        /// See ``RequestContext/idempotencyKey``.
        public static let idempotencyKey = "Idempotency-Key"
        /// See ``TraceContext/traceparent``.
        public static let traceparent = "traceparent"
        /// See ``TraceContext/state``.
        public static let tracestate = "tracestate"
    }
}
