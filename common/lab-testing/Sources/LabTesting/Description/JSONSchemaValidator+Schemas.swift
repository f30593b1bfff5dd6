internal import Foundation

extension JSONSchemaValidator {
    private static let types: Set<String> = ["null", "boolean", "integer", "number", "string", "array", "object"]

    /// Keywords that say something about a value and constrain nothing.
    private static let annotations: Set<String> = [
        "description", "example", "examples", "title", "default", "deprecated", "readOnly", "writeOnly", "$comment",
    ]

    /// What is wrong with a schema itself, and with its examples; schemas that it refers to are not looked into.
    func problems(ofSchema schema: Any, at place: String = "") -> [Problem] {
        if JSONKind(schema) == .boolean { return [] }
        guard let schema = schema as? [String: Any] else {
            return [Problem(place: place, sentence: "a schema must be an object or a boolean")]
        }
        var found: [Problem] = []
        for (keyword, value) in schema.sorted(by: { $0.key < $1.key }) {
            let place = JSONSchemaValidator.join(place, keyword)
            if JSONSchemaValidator.annotations.contains(keyword) || keyword.hasPrefix("x-") { continue }
            if let parts = subschemas(keyword, value) {
                for (name, part) in parts.sorted(by: { $0.key < $1.key }) {
                    let inner = name.isEmpty ? place : JSONSchemaValidator.join(place, name)
                    found += problems(ofSchema: part, at: inner)
                }
            } else if let sentence = problem(ofKeyword: keyword, value) {
                found.append(Problem(place: place, sentence: sentence))
            }
        }
        return found + exampleProblems(schema, at: place)
    }

    /// The schemas in the value of a keyword, by their names or numbers; `nil` if the keyword holds none.
    private func subschemas(_ keyword: String, _ value: Any) -> [String: Any]? {
        switch keyword {
        case "properties": return value as? [String: Any]
        case "items", "additionalProperties": return ["": value]
        case "allOf", "anyOf", "oneOf":
            guard let parts = value as? [Any], !parts.isEmpty else { return nil }
            return Dictionary(uniqueKeysWithValues: parts.enumerated().map { ("\($0)", $1) })
        default: return nil
        }
    }

    private func problem(ofKeyword keyword: String, _ value: Any) -> String? {
        switch keyword {
        case "type":
            let types = (value as? String).map { [$0] } ?? value as? [String] ?? []
            let isRight = !types.isEmpty && Set(types).isSubset(of: JSONSchemaValidator.types)
            return isRight ? nil : "there is no type \(JSONKind.text(value))"
        case "enum": return (value as? [Any])?.isEmpty == false ? nil : "must be an array with at least one value"
        case "const": return nil
        case "minLength", "maxLength", "minItems", "maxItems":
            return JSONKind.count(value) != nil ? nil : "must be a whole number from 0"
        case "minimum", "maximum": return JSONKind.number(value) != nil ? nil : "must be a number"
        case "pattern":
            let isRight = (value as? String).flatMap(JSONPatterns.expression) != nil
            return isRight ? nil : "must be a regular expression"
        case "format": return value is String ? nil : "must be a string"
        case "required":
            guard let names = value as? [String], Set(names).count == names.count else {
                return "must be an array of names"
            }
            return nil
        case "$ref":
            return (value as? String).flatMap(target) != nil ? nil : "\(JSONKind.text(value)) points to nothing"
        case "properties": return "must be an object of schemas"
        case "allOf", "anyOf", "oneOf": return "must be an array with at least one schema"
        default: return "nobody checks the keyword \(keyword)"
        }
    }

    private func exampleProblems(_ schema: [String: Any], at place: String) -> [Problem] {
        var found: [Problem] = []
        var examples = schema["example"].map { [("example", $0)] } ?? []
        if let value = schema["default"] { examples.append(("default", value)) }
        if let list = schema["examples"] as? [Any] {
            examples += list.enumerated().map { ("examples/\($0)", $1) }
        } else if schema["examples"] != nil {
            found.append(Problem(place: place + "/examples", sentence: "must be an array"))
        }
        for (name, value) in examples {
            found += problems(of: value, against: schema, .closed, at: "\(place)/\(name)")
        }
        return found
    }
}
