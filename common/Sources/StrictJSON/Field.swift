/// One field of a JSON object that comes from outside: how it is read, and how it is described.
///
/// A bound stands here once. What is read and what is told to clients cannot differ.
public struct Field<Value: Sendable>: Sendable {
    /// Its name.
    public let name: StaticString
    /// What it may be.
    public let schema: JSONSchema
    /// Whether it must be there.
    public let isRequired: Bool
    /// Reads the field.
    public let read: @Sendable (borrowing JSONObject) throws(InvalidField) -> Value

    /// Describes a field that is read in a way of its own.
    ///
    /// - Parameter read: throws ``InvalidField`` for exactly those values that the schema does not allow.
    public init(
        _ name: StaticString, _ schema: JSONSchema, isRequired: Bool = true,
        read: @escaping @Sendable (borrowing JSONObject) throws(InvalidField) -> Value
    ) {
        self.name = name
        self.schema = schema
        self.isRequired = isRequired
        self.read = read
    }

    /// The field as a member of an object.
    public var property: JSONSchema.Property {
        JSONSchema.Property(name.description, schema, isRequired: isRequired)
    }

    /// The same field, which may be missing.
    public var ifThere: Field<Value?> {
        let (name, read) = (name, read)
        return Field<Value?>(name, schema, isRequired: false) { json throws(InvalidField) in
            json.has(name) ? try read(json) : nil
        }
    }

    /// The same field, which has this value if it is missing.
    public func or(_ value: Value) -> Field<Value> {
        let (name, read) = (name, read)
        return Field(name, schema, isRequired: false) { json throws(InvalidField) in
            json.has(name) ? try read(json) : value
        }
    }
}

extension Field where Value == Int {
    /// A number of integral value within bounds.
    public static func integer(
        _ name: StaticString, _ meaning: String, in range: ClosedRange<Int>, example: Int
    ) -> Field {
        Field(name, .integer(meaning, in: range, example: example)) { json throws(InvalidField) in
            try json.integer(name, in: range)
        }
    }
}

extension Field where Value == Double {
    /// A number within bounds.
    public static func number(
        _ name: StaticString, _ meaning: String, in range: ClosedRange<Double>, example: Double
    ) -> Field {
        Field(name, .number(meaning, in: range, example: example)) { json throws(InvalidField) in
            try json.number(name, in: range)
        }
    }
}

extension Field where Value == Bool {
    /// `true` or `false`.
    public static func boolean(_ name: StaticString, _ meaning: String, example: Bool) -> Field {
        Field(name, .boolean(meaning, example: example)) { json throws(InvalidField) in try json.bool(name) }
    }
}
