/// Any JSON value, for texts that are described and not measured: examples, descriptions.
public indirect enum JSONValue: Sendable, Equatable {
    case string(String)
    case integer(Int)
    case number(Double)
    case bool(Bool)
    case null
    case array([JSONValue])
    /// The members in the order in which they are written.
    case object([Member])

    /// One member of an object.
    public struct Member: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Its value.
        public let value: JSONValue

        /// Makes a member.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The value as JSON text.
    public var text: [UInt8] {
        var json = JSONWriter()
        json.value(self)
        return json.bytes
    }
}

extension JSONWriter {
    /// Writes any value as an element, or as the value of a name just written.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .string(let text): self.value(text)
        case .integer(let number): self.value(number)
        case .number(let number): self.value(number)
        case .bool(let truth): self.value(truth)
        case .null: nullValue()
        case .array(let elements): array { json in for element in elements { json.value(element) } }
        case .object(let members):
            object { json in for member in members { json.field(member.name, member.value) } }
        }
    }

    /// Writes a field of any name with any value.
    public mutating func field(_ name: String, _ value: JSONValue) {
        self.name(name)
        self.value(value)
    }
}
