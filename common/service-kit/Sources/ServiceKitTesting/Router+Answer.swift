internal import LabTesting
public import ServiceKit
public import Tracing
internal import XCTest

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
    ///
    /// An answer that is not as the route describes it fails the test. Routes that describe no answer are not checked.
    public func answer(
        _ request: HTTPRequest, file: StaticString = #filePath, line: UInt = #line
    ) async -> HTTPResponse {
        let response = await respond(to: request, log: quiet)
        if let text = description(ofRouteFor: request), response.pieces == nil {
            for problem in Router.problems(text, request, response) {
                XCTFail("\(request.method) \(request.path): \(problem)", file: file, line: line)
            }
        }
        return response
    }

    private static func problems(_ text: [UInt8], _ request: HTTPRequest, _ response: HTTPResponse) -> [String] {
        let description: APIDescription
        do { description = try APIDescription(text) } catch { return ["the description cannot be read: \(error)"] }
        var requestHeaders: [APIExchange.Field] = []
        if case .one(let key) = request.rawIdempotencyKey { requestHeaders.append(("Idempotency-Key", key)) }
        if let accept = request.accept { requestHeaders.append(("Accept", accept)) }
        // These two are the server's.
        let responseHeaders: [APIExchange.Field] =
            response.headers.map { ($0.name, $0.value) } + [
                ("Content-Type", response.contentType), ("X-Request-Id", "made"),
            ]
        return description.problems(
            in: APIExchange(
                method: request.method, path: request.path, query: request.query.map { ($0.name, $0.value) },
                requestHeaders: requestHeaders, requestBody: request.body, status: response.status,
                responseHeaders: responseHeaders, responseBody: response.body))
    }
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
