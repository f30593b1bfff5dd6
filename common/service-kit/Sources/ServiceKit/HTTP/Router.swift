internal import StrictJSON

/// Answers one request.
public typealias HTTPHandler = @Sendable (HTTPRequest) async throws -> HTTPResponse

/// Finds the handler for a method and a path, and turns what it throws into a response.
public struct Router: Sendable {
    private struct Route: Sendable {
        var handlers: [String: HTTPHandler] = [:]
    }

    private var exact: [String: Route] = [:]
    /// Routes that end in a parameter, by what stands before it.
    private var prefixes: [(prefix: String, route: Route)] = []

    /// Makes a router that knows no path.
    public init() {}

    /// Adds a handler for `GET`, and so for `HEAD`.
    public mutating func get(_ path: String, _ handler: @escaping HTTPHandler) { add("GET", path, handler) }

    /// Adds a handler for `POST`.
    public mutating func post(_ path: String, _ handler: @escaping HTTPHandler) { add("POST", path, handler) }

    /// A path such as `/orders/{order_id}` ends in a parameter; all others are matched exactly.
    private mutating func add(_ method: String, _ path: String, _ handler: @escaping HTTPHandler) {
        guard path.hasSuffix("}"), let brace = path.lastIndex(of: "{") else {
            exact[path, default: Route()].handlers[method] = handler
            return
        }
        let prefix = String(path[..<brace])
        if let index = prefixes.firstIndex(where: { $0.prefix == prefix }) {
            prefixes[index].route.handlers[method] = handler
        } else {
            prefixes.append((prefix, Route(handlers: [method: handler])))
        }
    }

    /// Answers a request; every error becomes a response with the contract's error body.
    package func respond(to request: HTTPRequest, log: Logger) async -> HTTPResponse {
        var request = request
        do {
            return try await handler(for: &request)(request)
        } catch let error as HTTPError {
            return error.response
        } catch let error as any HTTPErrorConvertible {
            return error.httpError.response
        } catch let error as InvalidField {
            return HTTPError.badRequest(error.description).response
        } catch {
            log.error("a request failed unexpectedly", [.error: "\(error)"], of: request.context)
            return HTTPError.internalError.response
        }
    }

    private func handler(for request: inout HTTPRequest) throws(HTTPError) -> HTTPHandler {
        guard let route = route(for: &request) else { throw .notFound("there is nothing at this path") }
        let method = request.method == "HEAD" ? "GET" : request.method
        guard let handler = route.handlers[method] else {
            let allow = Router.allow(route.handlers.keys)
            if method == "OPTIONS" { return { _ in .options(allow: allow) } }
            throw .methodNotAllowed(allow: allow)
        }
        return handler
    }

    /// The methods of a path, as the header `Allow` names them: those that have a handler, `HEAD` with `GET`, and `OPTIONS`.
    private static func allow(_ methods: some Collection<String>) -> String {
        Set(methods).union(methods.contains("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"]).sorted().joined(separator: ", ")
    }

    private func route(for request: inout HTTPRequest) -> Route? {
        if let route = exact[request.path] { return route }
        for (prefix, route) in prefixes where request.path.hasPrefix(prefix) {
            let parameter = request.path.dropFirst(prefix.count)
            guard !parameter.isEmpty, !parameter.contains("/") else { continue }
            request.parameter = String(parameter)
            return route
        }
        return nil
    }
}
