/// A field of a request or message that is missing, of the wrong type or out of range.
public struct InvalidField: Error, Equatable, CustomStringConvertible {
    /// The field's name.
    public let field: String
    /// What it must be, as the end of a sentence that begins with the name.
    public let expectation: String

    /// Takes the name and the end of the sentence, such as `"must be a string"`.
    public init(_ field: String, _ expectation: String) {
        self.field = field
        self.expectation = expectation
    }

    /// One sentence for a person.
    public var description: String { "\(field) \(expectation)" }
}

/// A text that is not one JSON object (RFC 8259).
public struct InvalidJSON: Error, Equatable, CustomStringConvertible {
    /// What is wrong, as the end of a sentence that begins with "the body".
    public let problem: String

    /// One sentence for a person.
    public var description: String { "the body \(problem)" }
}
