// What a browser needs to know to let pages of other origins use a service (WHATWG Fetch, section 3.3, "CORS protocol").

extension OriginPolicy {
    /// The headers that an answer has beside its own if the request has an `Origin`.
    ///
    /// `Vary` stands also on answers to pages that may not read them. A cache would give such an answer to pages that may.
    func headers(
        of response: HTTPResponse, to method: String, _ head: RequestHead
    ) -> [(name: String, value: String)] {
        var headers = [(name: "Vary", value: "Origin")]
        guard let origin = allowedOrigin(head.origin, host: head.host) else { return headers }
        headers.append(("Access-Control-Allow-Origin", origin))
        headers.append(("Access-Control-Expose-Headers", OriginPolicy.readable))
        if method == "OPTIONS", head.asksForMethods, let allow = response.headers.first(where: { $0.name == "Allow" }) {
            headers.append(("Access-Control-Allow-Methods", allow.value))
            headers.append(("Access-Control-Allow-Headers", OriginPolicy.sendable))
            headers.append(("Access-Control-Max-Age", "600"))
        }
        return headers
    }

    /// The headers of an answer that a page may read, beside those that it may always read.
    private static let readable = "X-Request-Id, Idempotent-Replayed, Retry-After"
    /// The headers that a page may send, beside those that it may always send.
    private static let sendable = "Content-Type, Idempotency-Key, X-Request-Id, traceparent, tracestate"
}

extension HTTPResponse {
    /// 204 with the methods that a path takes (RFC 9110, section 9.3.7).
    static func options(allow: String) -> HTTPResponse {
        var response = HTTPResponse(status: 204, contentType: "", body: [])
        response.headers = [("Allow", allow)]
        return response
    }
}
