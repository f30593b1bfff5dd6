public import StrictJSON
public import Tracing

/// One thing that a route takes from a request: where it stands, how it is read, and how it is described.
public struct RequestInput<Value: Sendable>: Sendable {
    let description: InputDescription
    let read: @Sendable (HTTPRequest, borrowing JSONObject) throws -> Value

    private init(
        _ description: InputDescription, read: @escaping @Sendable (HTTPRequest, borrowing JSONObject) throws -> Value
    ) {
        self.description = description
        self.read = read
    }

    /// Takes a field of the body, which must be a JSON object.
    public static func body(_ field: Field<Value>) -> RequestInput {
        RequestInput(InputDescription(field.property, in: .body)) { _, json in try field.read(json) }
    }

    /// Takes a parameter of the query that may be missing.
    ///
    /// - Parameters:
    ///   - expectation: the end of a sentence that begins with the parameter's name, such as `"must be a UUID"`.
    ///   - parse: gives `nil` for exactly those texts that the schema does not allow.
    public static func query<Wrapped: Sendable>(
        _ name: String, _ schema: JSONSchema, _ expectation: String, parse: @escaping @Sendable (String) -> Wrapped?
    ) -> RequestInput where Value == Wrapped? {
        RequestInput(InputDescription(.init(name, schema, isRequired: false), in: .query)) { request, _ in
            guard let text = try request.query(name) else { return nil }
            guard let value = parse(text) else { throw HTTPError.badRequest("\(name) \(expectation)") }
            return value
        }
    }

    /// Takes the last segment of the path.
    ///
    /// - Parameter parse: gives `nil` for a text that names nothing: the answer is then 404 with `problem`.
    public static func path(
        _ name: String, _ schema: JSONSchema, orNotFound problem: String,
        parse: @escaping @Sendable (String) -> Value?
    ) -> RequestInput {
        RequestInput(InputDescription(.init(name, schema), in: .path, notFound: problem)) { request, _ in
            guard let value = parse(request.parameter) else { throw HTTPError.notFound(problem) }
            return value
        }
    }
}

extension RequestInput where Value == Int? {
    /// Takes an integer from the query that may be missing.
    public static func query(
        _ name: String, _ meaning: String, in range: ClosedRange<Int>, example: Int
    ) -> RequestInput {
        .query(
            name, .integer(meaning, in: range, example: example),
            "must be an integer from \(range.lowerBound) to \(range.upperBound)"
        ) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }
}

extension RequestInput where Value == RequestContext {
    /// Takes what goes along with the request, with the client's `Idempotency-Key`, if there is one.
    public static let contextWithKey = RequestInput(
        InputDescription(
            .init(
                "Idempotency-Key",
                .string(
                    "Requests with the same key and the same body are one order, however often they are sent.",
                    lengths: HTTPRequest.keyLengths, pattern: "^[!-~]+$", example: "5f0c1b7e"),
                isRequired: false),
            in: .header)
    ) { request, _ in try request.contextWithKey() }
}

/// Describes an input of a route.
struct InputDescription: Sendable {
    enum Place: String, Sendable {
        case body, query, path, header
    }

    let property: JSONSchema.Property
    let place: Place
    /// The detail of the 404 if it names nothing; `nil` if it cannot.
    let notFound: String?

    init(_ property: JSONSchema.Property, in place: Place, notFound: String? = nil) {
        self.property = property
        self.place = place
        self.notFound = notFound
    }
}
