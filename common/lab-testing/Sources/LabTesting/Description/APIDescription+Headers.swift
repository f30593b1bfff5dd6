internal import Foundation

extension APIDescription {
    /// Headers of HTTP itself, which no description names.
    private static let general: Set<String> = [
        "date", "content-length", "content-type", "connection", "transfer-encoding", "vary",
    ]

    /// Holds the headers of a response against those that are described for it.
    func headerProblems(_ exchange: APIExchange, _ response: [String: Any]) -> [String] {
        let described = response["headers"] as? [String: Any] ?? [:]
        var found: [String] = []
        for (name, value) in described.sorted(by: { $0.key < $1.key }) {
            let header = resolve(value)
            let values = exchange.responseHeader(name)
            if values.isEmpty, header["required"] as? Bool == true {
                found.append("the header \(name) is required and missing")
            }
            for text in values {
                guard let schema = header["schema"] else { continue }
                guard let value = typed(text, by: schema) else {
                    found.append("the header \(name) is \(JSONKind.text(text)), which its schema does not allow")
                    continue
                }
                found += validator.problems(of: value, against: schema).map { "the header \(name) \($0)" }
            }
        }
        return found + undescribedHeaders(exchange, described: Set(described.keys.map { $0.lowercased() }))
    }

    /// The headers of a response that are neither described nor of HTTP itself.
    ///
    /// - Parameter described: names in lower case.
    func undescribedHeaders(_ exchange: APIExchange, described: Set<String>) -> [String] {
        let names = Set(exchange.responseHeaders.map { $0.name.lowercased() })
        let unknown = names.subtracting(described).subtracting(APIDescription.general)
        return unknown.filter { !$0.hasPrefix("access-control-") }.sorted().map { "the header \($0) is not described" }
    }

    /// A text from a path, a query or a header as the value that its schema speaks of.
    ///
    /// - Returns: `nil` if the text is no value of any of the types.
    func typed(_ text: String, by schema: Any) -> Any? {
        let types = types(of: schema, depth: 0)
        if types.isEmpty || types.contains("string") { return text }
        if types.contains("boolean"), text == "true" || text == "false" { return NSNumber(value: text == "true") }
        guard types.contains("integer") || types.contains("number") else { return nil }
        let value = JSONGrammar.value(of: Array(text.utf8))
        guard let value, JSONKind(value) == .number else { return nil }
        // What is written with a point or an exponent is no integer here, whatever its value.
        if !types.contains("number"), !text.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "-" }) { return nil }
        return value
    }

    /// The types that a schema names, by itself or through the schemas that it is made of.
    func types(of schema: Any, depth: Int) -> Set<String> {
        guard depth < 32, let schema = schema as? [String: Any] else { return [] }
        if let type = schema["type"] as? String { return [type] }
        if let types = schema["type"] as? [String] { return Set(types) }
        var parts = ["allOf", "anyOf", "oneOf"].flatMap { schema[$0] as? [Any] ?? [] }
        if let target = (schema["$ref"] as? String).flatMap({ validator.target(of: $0) }) { parts.append(target) }
        return parts.reduce(into: []) { $0.formUnion(types(of: $1, depth: depth + 1)) }
    }
}
