public import Tracing

extension KafkaRecord {
    /// What goes along with the record. This is the one place that takes a context out of Kafka.
    ///
    /// What is not UTF-8, or longer than a client may send, is left out.
    public var context: RequestContext {
        RequestContext(
            requestID: text(RequestContext.Name.requestID, atMost: 128), idempotencyKey: idempotencyKey,
            trace: .received(
                traceparent: text(RequestContext.Name.traceparent, atMost: 512),
                state: text(RequestContext.Name.tracestate, atMost: 512)))
    }

    /// The key alone of the ``context``, for who reads a long log.
    public var idempotencyKey: String? { text(RequestContext.Name.idempotencyKey, atMost: 255) }

    private func text(_ name: String, atMost limit: Int) -> String? {
        guard let bytes = headerInPlace(name), bytes.count <= limit else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension RequestContext {
    /// The headers that carry the context, with a span of its own for this hop. This is the one place that puts a context into
    /// Kafka.
    public var kafkaHeaders: [(name: String, value: [UInt8])] {
        var headers: [(name: String, value: [UInt8])] = []
        headers.reserveCapacity(4)
        if let requestID { headers.append((Name.requestID, Array(requestID.utf8))) }
        if let idempotencyKey { headers.append((Name.idempotencyKey, Array(idempotencyKey.utf8))) }
        let trace = trace.child()
        headers.append((Name.traceparent, trace.traceparentUTF8))
        if let state = trace.state { headers.append((Name.tracestate, Array(state.utf8))) }
        return headers
    }
}
