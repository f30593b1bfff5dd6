internal import StrictJSON

/// All that a route takes from a request, read as one value.
public struct RequestInputs<Value: Sendable>: Sendable {
    let descriptions: [InputDescription]
    private let readAll: @Sendable (HTTPRequest, borrowing JSONObject) throws -> Value

    private init(
        _ descriptions: [InputDescription],
        read: @escaping @Sendable (HTTPRequest, borrowing JSONObject) throws -> Value
    ) {
        self.descriptions = descriptions
        readAll = read
    }

    /// Reads a request. Its body must be a JSON object if anything is taken from it.
    func read(_ request: HTTPRequest, hasBody: Bool) throws -> Value {
        try readAll(request, hasBody ? try request.json() : JSONObject())
    }

    /// Takes one thing.
    public static func this(_ input: RequestInput<Value>) -> RequestInputs {
        RequestInputs([input.description], read: input.read)
    }

    /// Takes two things, in this order.
    public static func these<A, B>(_ a: RequestInput<A>, _ b: RequestInput<B>) -> RequestInputs where Value == (A, B) {
        RequestInputs([a.description, b.description]) { (try a.read($0, $1), try b.read($0, $1)) }
    }

    /// Takes three things, in this order.
    public static func these<A, B, C>(
        _ a: RequestInput<A>, _ b: RequestInput<B>, _ c: RequestInput<C>
    ) -> RequestInputs where Value == (A, B, C) {
        RequestInputs([a.description, b.description, c.description]) {
            (try a.read($0, $1), try b.read($0, $1), try c.read($0, $1))
        }
    }

    /// Takes four things, in this order.
    public static func these<A, B, C, D>(
        _ a: RequestInput<A>, _ b: RequestInput<B>, _ c: RequestInput<C>, _ d: RequestInput<D>
    ) -> RequestInputs where Value == (A, B, C, D) {
        RequestInputs([a.description, b.description, c.description, d.description]) {
            (try a.read($0, $1), try b.read($0, $1), try c.read($0, $1), try d.read($0, $1))
        }
    }
}

extension RequestInputs where Value == Void {
    /// Takes nothing beside method and path.
    public static var nothing: RequestInputs { RequestInputs([]) { _, _ in } }
}
