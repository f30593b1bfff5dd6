/// Bytes that are no description, be it of an interface or of messages.
public struct InvalidDescription: Error, CustomStringConvertible {
    /// What is wrong with them.
    public let description: String

    /// Reads bytes as a JSON object.
    static func root(of bytes: [UInt8]) throws(InvalidDescription) -> [String: Any] {
        if let problem = JSONGrammar.problem(of: bytes) {
            throw InvalidDescription(description: "this is not JSON: \(problem)")
        }
        guard let root = JSONGrammar.value(of: bytes) as? [String: Any] else {
            throw InvalidDescription(description: "a description must be a JSON object")
        }
        return root
    }
}
