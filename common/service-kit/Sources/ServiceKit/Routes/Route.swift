internal import StrictJSON

/// Answers one request.
public typealias HTTPHandler = @Sendable (HTTPRequest) async throws -> HTTPResponse

/// One thing that a service can be asked: method and path, what it takes, what it answers, and the handler.
///
/// The router, the validation of requests and the description for clients all come from this value. So nothing can be served
/// that is not described, and no bound stands in two places.
public struct Route: Sendable {
    /// What a route is for, in words.
    public struct Operation: Sendable {
        let id: String
        let tag: Tag
        let summary: String
        let detail: String?

        /// Says what a route is for.
        ///
        /// - Parameters:
        ///   - id: a name for programs, in lower camel case; each of a service has its own.
        ///   - summary: a few words.
        ///   - detail: sentences that say what the summary cannot.
        public init(_ id: String, _ tag: Tag, _ summary: String, _ detail: String? = nil) {
            self.id = id
            self.tag = tag
            self.summary = summary
            self.detail = detail
        }
    }

    /// A group of routes.
    public struct Tag: Sendable, Hashable {
        let name: String
        let meaning: String

        /// Names a group.
        public init(_ name: String, _ meaning: String) {
            self.name = name
            self.meaning = meaning
        }
    }

    /// `GET` or `POST`.
    let method: String
    /// The path; one such as `/orders/{order_id}` ends in a parameter.
    let path: String
    let operation: Operation
    let inputs: [InputDescription]
    private(set) var replies: [Reply]
    private(set) var handler: HTTPHandler

    /// Describes a `GET`, and so a `HEAD`.
    public static func get<Input>(
        _ path: String, _ operation: Operation, takes inputs: RequestInputs<Input>, answers: [Reply],
        _ handler: @escaping @Sendable (HTTPRequest, Input) async throws -> HTTPResponse
    ) -> Route {
        Route("GET", path, operation, inputs, answers, handler)
    }

    /// Describes a `GET` that takes nothing beside its path.
    public static func get(
        _ path: String, _ operation: Operation, answers: [Reply], _ handler: @escaping HTTPHandler
    ) -> Route {
        Route("GET", path, operation, .nothing, answers) { request, _ in try await handler(request) }
    }

    /// Describes a `POST`.
    public static func post<Input>(
        _ path: String, _ operation: Operation, takes inputs: RequestInputs<Input>, answers: [Reply],
        _ handler: @escaping @Sendable (HTTPRequest, Input) async throws -> HTTPResponse
    ) -> Route {
        Route("POST", path, operation, inputs, answers, handler)
    }

    /// Describes a `POST` that takes nothing beside its path; a body is ignored.
    public static func post(
        _ path: String, _ operation: Operation, answers: [Reply], _ handler: @escaping HTTPHandler
    ) -> Route {
        Route("POST", path, operation, .nothing, answers) { request, _ in try await handler(request) }
    }

    private init<Input>(
        _ method: String, _ path: String, _ operation: Operation, _ inputs: RequestInputs<Input>, _ answers: [Reply],
        _ handler: @escaping @Sendable (HTTPRequest, Input) async throws -> HTTPResponse
    ) {
        self.method = method
        self.path = path
        self.operation = operation
        self.inputs = inputs.descriptions
        replies = answers
        let hasBody = inputs.descriptions.contains { $0.place == .body }
        self.handler = { request in try await handler(request, try inputs.read(request, hasBody: hasBody)) }
    }

    /// The same route with something that comes before it.
    ///
    /// - Parameter guarding: throws if the request must not be handled.
    func first(
        _ answers: Reply..., guarding: @escaping @Sendable (HTTPRequest) async throws -> Void
    ) -> Route {
        let handler = handler
        var route = self
        route.replies += answers
        route.handler = { request in
            try await guarding(request)
            return try await handler(request)
        }
        return route
    }

    /// The answers, one for each status, those included that every route may give.
    var allReplies: [Reply] {
        var all = replies
        let hasBounds = inputs.contains { $0.place != .path }
        all.append(
            .error(
                400, .badRequest,
                hasBounds ? "the request is not what the route takes" : "the head of the request is broken"))
        for input in inputs {
            if let detail = input.notFound { all.append(.error(404, .notFound, detail)) }
        }
        if method != "GET" {
            all.append(.error(403, .forbiddenOrigin, HTTPError.forbiddenOrigin.detail))
            all.append(.error(413, .payloadTooLarge, HTTPError.payloadTooLarge.detail))
        }
        all.append(.error(500, .internalError, HTTPError.internalError.detail))
        var byStatus: [Int: Reply] = [:]
        for reply in all { byStatus[reply.status] = byStatus[reply.status]?.joined(with: reply) ?? reply }
        return byStatus.values.sorted { $0.status < $1.status }
    }
}
