internal import StrictJSON

/// Finds the route for a method and a path, and turns what its handler throws into a response.
public struct Router: Sendable {
    /// The routes of one path, by method.
    private typealias Methods = [String: Route]

    private var exact: [String: Methods] = [:]
    /// Paths that end in a parameter, by what stands before it.
    private var prefixes: [(prefix: String, methods: Methods)] = []
    /// The routes, in the order in which they were added.
    private(set) var routes: [Route] = []

    /// Makes a router of some routes.
    public init(_ routes: [Route] = []) { for route in routes { add(route) } }

    /// Adds a route. A path such as `/orders/{order_id}` ends in a parameter; all others are matched exactly.
    ///
    /// Two routes with the same method and path are a mistake in the program, and end it.
    public mutating func add(_ route: Route) {
        precondition(
            !routes.contains { $0.method == route.method && $0.path == route.path },
            "\(route.method) \(route.path) is there already")
        precondition(
            !routes.contains { $0.operation.id == route.operation.id }, "\(route.operation.id) is there already")
        routes.append(route)
        guard route.path.hasSuffix("}"), let brace = route.path.lastIndex(of: "{") else {
            exact[route.path, default: [:]][route.method] = route
            return
        }
        let prefix = String(route.path[..<brace])
        if let index = prefixes.firstIndex(where: { $0.prefix == prefix }) {
            prefixes[index].methods[route.method] = route
        } else {
            prefixes.append((prefix, [route.method: route]))
        }
    }

    /// Answers a request; every error becomes a response with the contract's error body.
    package func respond(to request: HTTPRequest, log: Logger) async -> HTTPResponse {
        var request = request
        do {
            guard let methods = methods(for: &request) else {
                throw HTTPError.notFound("there is nothing at this path")
            }
            if request.method == "OPTIONS" { return .options(allow: Router.allowed(methods)) }
            guard let route = methods[request.method == "HEAD" ? "GET" : request.method] else {
                throw HTTPError.methodNotAllowed(allow: Router.allowed(methods))
            }
            return try await route.handler(request)
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

    /// The methods that a path takes, as `Allow` names them (RFC 9110, section 10.2.1).
    private static func allowed(_ methods: Methods) -> String {
        var names = ["OPTIONS"] + methods.keys
        if methods["GET"] != nil { names.append("HEAD") }
        return names.sorted().joined(separator: ", ")
    }

    /// The route that answers a request; `nil` if there is none.
    func route(for request: HTTPRequest) -> Route? {
        var request = request
        return methods(for: &request)?[request.method == "HEAD" ? "GET" : request.method]
    }

    private func methods(for request: inout HTTPRequest) -> Methods? {
        if let methods = exact[request.path] { return methods }
        for (prefix, methods) in prefixes where request.path.hasPrefix(prefix) {
            let parameter = request.path.dropFirst(prefix.count)
            guard !parameter.isEmpty, !parameter.contains("/") else { continue }
            request.parameter = String(parameter)
            return methods
        }
        return nil
    }
}
