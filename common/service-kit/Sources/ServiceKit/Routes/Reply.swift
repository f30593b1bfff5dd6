public import StrictJSON

/// One answer that a route may give, described: its status, what it means, its headers and its body.
public struct Reply: Sendable {
    /// A header that an answer may carry.
    public struct Header: Sendable {
        let name: String
        let schema: JSONSchema
        /// Whether each such answer carries it.
        let isAlwaysThere: Bool

        /// Describes a header.
        public init(_ name: String, _ schema: JSONSchema, isAlwaysThere: Bool) {
            self.name = name
            self.schema = schema
            self.isAlwaysThere = isAlwaysThere
        }
    }

    /// A body that an answer may have.
    struct Content: Sendable {
        /// Its media type, without parameters.
        let type: String
        /// What the body is; of text there is only an example.
        let schema: JSONSchema
        let examples: [(name: String, meaning: String, value: JSONValue)]
    }

    let status: Int
    private(set) var meaning: String
    private(set) var headers: [Header]
    private(set) var contents: [Content]
    /// The codes that `error` may have, with a detail for an example of each.
    private(set) var errors: [(code: HTTPError.Code, detail: String)] = []
    /// What may stand beside `error` and `detail`.
    private var fields: [JSONSchema.Property] = []

    /// Describes an answer with a JSON body.
    public static func json(
        _ meaning: String, _ schema: JSONSchema, status: Int = 200, headers: [Header] = []
    ) -> Reply {
        Reply(
            status: status, meaning: meaning, headers: headers,
            contents: [
                Content(type: "application/json", schema: schema, examples: [("example", meaning, schema.example)])
            ])
    }

    /// Describes an answer with a body of another type.
    ///
    /// - Parameter type: its media type, without parameters.
    public static func text(
        _ type: String, _ meaning: String, example: String, headers: [Header] = []
    ) -> Reply {
        Reply(
            status: 200, meaning: meaning, headers: headers,
            contents: [
                Content(
                    type: type, schema: .string(example: example), examples: [("example", meaning, .string(example))])
            ])
    }

    /// Describes an error.
    ///
    /// - Parameters:
    ///   - detail: what `detail` may say.
    ///   - fields: what may stand beside `error` and `detail`.
    public static func error(
        _ status: Int, _ code: HTTPError.Code, _ detail: String, with fields: [JSONSchema.Property] = [],
        headers: [Header] = []
    ) -> Reply {
        var reply = Reply(status: status, meaning: detail, headers: headers, contents: [])
        reply.errors = [(code, detail)]
        reply.fields = fields
        return reply
    }

    /// Describes a 503 whose request may succeed in a moment.
    public static func retryLater(
        _ code: HTTPError.Code, _ detail: String, with fields: [JSONSchema.Property] = []
    ) -> Reply {
        .error(503, code, detail, with: fields, headers: [retryAfter])
    }

    private static let retryAfter = Header(
        "Retry-After", .integer("So many seconds to wait before the next try.", in: 1...60, example: 1),
        isAlwaysThere: true)

    /// The header that tells a replayed answer from a first one.
    public static let replayed = Header(
        "Idempotent-Replayed", .choice(["true"], "The key came with an earlier request, whose order this is."),
        isAlwaysThere: false)

    private init(status: Int, meaning: String, headers: [Header], contents: [Content]) {
        self.status = status
        self.meaning = meaning
        self.headers = headers
        self.contents = contents
    }

    /// All answers of one status as one, for a description has one place for each status.
    func joined(with other: Reply) -> Reply {
        var joined = self
        if !joined.meaning.contains(other.meaning) { joined.meaning += "; or: " + other.meaning }
        for content in other.contents where !joined.contents.contains(where: { $0.type == content.type }) {
            joined.contents.append(content)
        }
        for error in other.errors where !joined.errors.contains(where: { $0.code == error.code }) {
            joined.errors.append(error)
        }
        // A header that only one of them always carries may be missing.
        joined.headers = headers.map { header in
            let isInBoth = other.headers.contains { $0.name == header.name && $0.isAlwaysThere }
            return Header(header.name, header.schema, isAlwaysThere: header.isAlwaysThere && isInBoth)
        }
        for header in other.headers where !joined.headers.contains(where: { $0.name == header.name }) {
            joined.headers.append(Header(header.name, header.schema, isAlwaysThere: false))
        }
        for field in other.fields where !joined.fields.contains(where: { $0.name == field.name }) {
            joined.fields.append(field)
        }
        return joined
    }

    /// The bodies, that of the errors included.
    var allContents: [Content] {
        guard !errors.isEmpty else { return contents }
        let codes = errors.map(\.code.rawValue)
        let shared = [
            JSONSchema.Property("error", .choice(codes, "What is wrong, for programs.", example: codes.first)),
            JSONSchema.Property("detail", .string("What is wrong, for a person.", example: errors[0].detail)),
        ]
        let optional = fields.map { JSONSchema.Property($0.name, $0.schema, isRequired: false) }
        let examples = errors.map { error -> (name: String, meaning: String, value: JSONValue) in
            let own: [JSONValue.Member] = [
                .init("error", .string(error.code.rawValue)), .init("detail", .string(error.detail)),
            ]
            let others = fields.map { JSONValue.Member($0.name, $0.schema.example) }
            return (error.code.rawValue, error.detail, .object(own + others))
        }
        return contents + [
            Content(type: "application/json", schema: .object(shared + optional), examples: examples)
        ]
    }
}
