public import ServiceKit

// Routes for tests in which the description does not matter.
extension Router {
    /// Adds a `GET` that takes nothing and may answer anything.
    public mutating func get(_ path: String, _ handler: @escaping HTTPHandler) {
        add(.get(path, Router.operation("get", path), answers: [], handler))
    }

    /// Adds a `POST` that takes nothing and may answer anything.
    public mutating func post(_ path: String, _ handler: @escaping HTTPHandler) { add(Router.post(path, handler)) }

    /// Adds a `POST` that meets the service's faults first.
    public mutating func postWork(_ path: String, _ faults: Faults, _ handler: @escaping HTTPHandler) {
        add(Router.post(path, handler).working(faults))
    }

    private static func post(_ path: String, _ handler: @escaping HTTPHandler) -> Route {
        .post(path, operation("post", path), answers: [], handler)
    }

    private static func operation(_ method: String, _ path: String) -> Route.Operation {
        Route.Operation(method + path, Route.Tag("test", "What a test needs."), "Does what the test says")
    }
}
