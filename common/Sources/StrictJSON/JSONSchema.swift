/// What a JSON value may be, in the terms of JSON Schema 2020-12, with an example.
///
/// A schema describes; what reads a value checks it. ``Field`` holds the two together.
public struct JSONSchema: Sendable {
    /// What kind of value it is, and its bounds. Bounds include their ends.
    public indirect enum Kind: Sendable {
        /// A text. Lengths count Unicode scalars. The pattern is an ECMA-262 regular expression for the whole text.
        case string(lengths: ClosedRange<Int>?, pattern: String?, format: String?)
        /// One of these texts.
        case choice([String])
        /// A number of integral value.
        case integer(ClosedRange<Int>?)
        case number(ClosedRange<Double>?)
        case boolean
        /// Any number of elements, or so many at most.
        case array(JSONSchema, most: Int?)
        /// These members; other ones are there only if they have a schema, or if the object is open.
        case object([Property], others: Others)
        /// A value of the schema, or `null`.
        case nullable(JSONSchema)
        /// Any value at all.
        case anything
    }

    /// What an object may have beside the members that are named.
    public enum Others: Sendable {
        /// Nothing.
        case none
        /// Anything; whoever reads it ignores it.
        case ignored
        /// Values of this schema, under any name.
        case values(JSONSchema)
    }

    /// One member of an object.
    public struct Property: Sendable {
        /// Its name.
        public let name: String
        /// What it may be.
        public let schema: JSONSchema
        /// Whether it must be there.
        public let isRequired: Bool

        /// Describes a member.
        public init(_ name: String, _ schema: JSONSchema, isRequired: Bool = true) {
            self.name = name
            self.schema = schema
            self.isRequired = isRequired
        }
    }

    /// What it may be.
    public let kind: Kind
    /// What the value means, in a sentence or less.
    public var meaning: String?
    /// A name under which descriptions give the schema once and refer to it.
    public var name: String?
    private let ownExample: JSONValue?

    /// Makes a schema. The example of an array or object follows from those of its parts if none is given.
    public init(_ kind: Kind, _ meaning: String? = nil, example: JSONValue? = nil) {
        self.kind = kind
        self.meaning = meaning
        ownExample = example
    }

    /// The same schema under a name.
    public func named(_ name: String) -> JSONSchema {
        var schema = self
        schema.name = name
        return schema
    }

    /// The same schema with another meaning.
    public func meaning(_ meaning: String) -> JSONSchema {
        var schema = self
        schema.meaning = meaning
        return schema
    }

    /// A value that the schema allows.
    public var example: JSONValue {
        if let ownExample { return ownExample }
        switch kind {
        case .string: return .string("text")
        case .choice(let values): return .string(values.first ?? "")
        case .integer(let range): return .integer(range?.lowerBound ?? 0)
        case .number(let range): return .number(range?.lowerBound ?? 0)
        case .boolean: return .bool(true)
        case .array(let element, _): return .array([element.example])
        case .object(let properties, _):
            return .object(properties.filter(\.isRequired).map { JSONValue.Member($0.name, $0.schema.example) })
        case .nullable(let schema): return schema.example
        case .anything: return .null
        }
    }
}

extension JSONSchema {
    /// A text.
    public static func string(
        _ meaning: String? = nil, lengths: ClosedRange<Int>? = nil, pattern: String? = nil, format: String? = nil,
        example: String
    ) -> JSONSchema {
        JSONSchema(.string(lengths: lengths, pattern: pattern, format: format), meaning, example: .string(example))
    }

    /// One of some texts.
    public static func choice(_ values: [String], _ meaning: String? = nil, example: String? = nil) -> JSONSchema {
        JSONSchema(.choice(values), meaning, example: example.map { .string($0) })
    }

    /// A number of integral value.
    public static func integer(
        _ meaning: String? = nil, in range: ClosedRange<Int>? = nil, example: Int
    ) -> JSONSchema {
        JSONSchema(.integer(range), meaning, example: .integer(example))
    }

    /// A number of integral value that counts something: 0 or more.
    public static func count(_ meaning: String, example: Int) -> JSONSchema {
        .integer(meaning, in: 0...Int.max, example: example)
    }

    /// A number.
    public static func number(
        _ meaning: String? = nil, in range: ClosedRange<Double>? = nil, example: Double
    ) -> JSONSchema {
        JSONSchema(.number(range), meaning, example: .number(example))
    }

    /// `true` or `false`.
    public static func boolean(_ meaning: String? = nil, example: Bool) -> JSONSchema {
        JSONSchema(.boolean, meaning, example: .bool(example))
    }

    /// Elements of one kind.
    public static func array(of element: JSONSchema, _ meaning: String? = nil, most: Int? = nil) -> JSONSchema {
        JSONSchema(.array(element, most: most), meaning)
    }

    /// An object of these members and, unless it says so, no others.
    public static func object(
        _ properties: [Property], _ meaning: String? = nil, others: Others = .none, example: JSONValue? = nil
    ) -> JSONSchema {
        JSONSchema(.object(properties, others: others), meaning, example: example)
    }

    /// The same schema, with `null` beside it.
    public var orNull: JSONSchema { JSONSchema(.nullable(self), meaning, example: ownExample) }
}
