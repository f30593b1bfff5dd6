public import Tracing

extension RequestContext {
    /// The names of the headers that carry a context. Its request identifier is `correlation_id`.
    public enum Header {
        /// See ``Tracing/RequestContext/idempotencyKey``.
        public static let idempotencyKey = "idempotency-key"
        /// See ``Tracing/TraceContext/traceparent``.
        public static let traceparent = RequestContext.Name.traceparent
        /// See ``Tracing/TraceContext/state``.
        public static let tracestate = RequestContext.Name.tracestate
    }
}

extension AMQPMessage {
    /// What goes along with the message. This is the one place that takes a context out of AMQP.
    ///
    /// A key that no client can have sent is none.
    public var context: RequestContext {
        let key = text(RequestContext.Header.idempotencyKey).flatMap { $0.utf8.count <= 255 ? $0 : nil }
        return RequestContext(
            requestID: correlationID, idempotencyKey: key,
            trace: .received(
                traceparent: text(RequestContext.Header.traceparent), state: text(RequestContext.Header.tracestate)))
    }

    /// Has a context go along with the message, with a span of its own for this hop. This is the one place that puts a context
    /// into AMQP.
    public mutating func inject(_ context: RequestContext) {
        correlationID = context.requestID
        if let key = context.idempotencyKey { headers.append(Header(RequestContext.Header.idempotencyKey, .text(key))) }
        let trace = context.trace.child()
        headers.append(Header(RequestContext.Header.traceparent, .text(trace.traceparent)))
        if let state = trace.state { headers.append(Header(RequestContext.Header.tracestate, .text(state))) }
    }
}

/// A message that no service can use, whoever gets it: it belongs among the dead letters.
public struct MalformedMessage: Error, Equatable, CustomStringConvertible {
    /// One sentence for the log.
    public let description: String

    /// Takes the sentence.
    public init(_ description: String) { self.description = description }
}
