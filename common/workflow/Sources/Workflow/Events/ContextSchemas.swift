public import StrictJSON
internal import Tracing

/// Describes what goes along with a message, a `RequestContext`: as the lab's services send it.
public enum ContextSchemas {
    /// The request's identifier: the client's, or the one that the service made for it.
    public static let requestID = JSONSchema.string(
        "The request's `X-Request-Id`, by which all logs can be searched.", lengths: RequestContext.requestIDLengths,
        pattern: "^[!-~]+$",
        example: "lab-1")

    /// The client's key.
    public static let idempotencyKey = JSONSchema.string(
        "The client's `Idempotency-Key`: two requests with the same key are the same order.", lengths: 1...255,
        pattern: "^[!-~]+$", example: "lunch-7")

    /// The trace.
    public static let traceparent = JSONSchema.string(
        "The trace, and the sender's span in it (W3C Trace Context, section 3.2).",
        pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$",
        example: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    ).named("TraceParent")

    /// What tracing systems have added.
    public static let tracestate = JSONSchema.string(
        "What tracing systems have added, as it came (W3C Trace Context, section 3.3).", lengths: 1...512,
        pattern: "^[ -~]+$", example: "lab=1"
    ).named("TraceState")

    /// The same field in a message that follows from another one: it is handed on, and a sender from outside may have put any text
    /// into it.
    ///
    /// - Parameter limit: how many bytes it has at most.
    public static func handedOn(_ schema: JSONSchema, limit: Int) -> JSONSchema {
        let text =
            "\(schema.meaning ?? "") It is that of the order's message, where senders from outside may choose any text."
        return JSONSchema(.string(lengths: 0...limit, pattern: nil, format: nil), text, example: schema.example)
    }
}
