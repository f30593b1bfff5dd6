public import ServiceKit
public import Tracing

extension HTTPRequest {
    /// A request that no socket brought.
    ///
    /// - Parameter key: its `Idempotency-Key`, if it has one.
    public static func made(
        _ method: String = "GET", _ path: String = "/", body: String = "",
        query: [(name: String, value: String)] = [], key: String? = nil,
        context: RequestContext = RequestContext(requestID: "made"), on loop: EventLoop = EventLoop()
    ) -> HTTPRequest {
        HTTPRequest(
            method: method, path: path, body: Array(body.utf8), context: context,
            rawIdempotencyKey: key.map { .one($0) } ?? .missing, accept: nil, query: query, loop: loop)
    }
}

extension Router {
    /// What the router answers a request that no socket brought.
    public func answer(_ request: HTTPRequest) async -> HTTPResponse { await respond(to: request, log: quiet) }
}

extension HTTPResponse {
    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
