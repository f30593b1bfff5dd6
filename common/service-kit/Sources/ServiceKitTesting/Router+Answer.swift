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
    /// All of the body. If it is made in pieces, they are made now; a later call gives nothing.
    public var wholeBody: [UInt8] {
        guard let pieces else { return body }
        var (whole, room): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 64 * 1024))
        while true {
            let count = room.withUnsafeMutableBytes { pieces.read(into: $0) { _ in } }
            if count == 0 { return whole }
            whole += room[..<count]
        }
    }

    /// The body as text, as ``wholeBody`` gives it.
    public var text: String { String(decoding: wholeBody, as: UTF8.self) }
}
