internal import Foundation

extension JSONSchemaValidator {
    /// The keywords `type`, `enum` and `const`.
    func generalProblems(of value: Any, _ schema: [String: Any]) -> [String] {
        var found: [String] = []
        let types = (schema["type"] as? String).map { [$0] } ?? schema["type"] as? [String] ?? []
        if !types.isEmpty, !types.contains(where: { JSONKind.value(value, has: $0) }) {
            found.append("must be of type \(types.joined(separator: " or ")) and is \(JSONKind.text(value))")
        }
        if let values = schema["enum"] as? [Any], !values.contains(where: { JSONKind.areEqual($0, value) }) {
            found.append(
                "must be one of \(values.map(JSONKind.text).joined(separator: ", ")) and is \(JSONKind.text(value))")
        }
        if let only = schema["const"], !JSONKind.areEqual(only, value) {
            found.append("must be \(JSONKind.text(only)) and is \(JSONKind.text(value))")
        }
        return found
    }

    /// The keywords for strings. A length is a number of Unicode scalars.
    func textProblems(of text: String, _ schema: [String: Any]) -> [String] {
        var found: [String] = []
        let length = text.unicodeScalars.count
        if let least = schema["minLength"].flatMap(JSONKind.count), length < least {
            found.append("must have \(least) characters or more and has \(length)")
        }
        if let most = schema["maxLength"].flatMap(JSONKind.count), length > most {
            found.append("must have \(most) characters or fewer and has \(length)")
        }
        if let pattern = schema["pattern"] as? String, patterns.text(text, matches: pattern) != true {
            found.append("must match \(pattern) and is \(JSONKind.text(text))")
        }
        if let format = schema["format"] as? String, !JSONFormats.text(text, has: format) {
            found.append("must have the format \(format) and is \(JSONKind.text(text))")
        }
        return found
    }

    /// The keywords for numbers.
    func numberProblems(of number: Double, _ value: Any, _ schema: [String: Any]) -> [String] {
        var found: [String] = []
        if let least = schema["minimum"].flatMap(JSONKind.number), number < least {
            found.append("must be at least \(JSONKind.text(schema["minimum"] ?? least)) and is \(JSONKind.text(value))")
        }
        if let most = schema["maximum"].flatMap(JSONKind.number), number > most {
            found.append("must be at most \(JSONKind.text(schema["maximum"] ?? most)) and is \(JSONKind.text(value))")
        }
        return found
    }

    /// The keywords for arrays.
    func arrayProblems(
        of array: [Any], _ schema: [String: Any], _ rule: Rule, at place: String, depth: Int
    ) -> [Problem] {
        var found: [Problem] = []
        if let least = schema["minItems"].flatMap(JSONKind.count), array.count < least {
            found.append(Problem(place: place, sentence: "must have \(least) items or more and has \(array.count)"))
        }
        if let most = schema["maxItems"].flatMap(JSONKind.count), array.count > most {
            found.append(Problem(place: place, sentence: "must have \(most) items or fewer and has \(array.count)"))
        }
        if let items = schema["items"] {
            for (index, value) in array.enumerated() {
                let place = JSONSchemaValidator.join(place, "\(index)")
                found += problems(of: value, against: items, rule, at: place, depth: depth + 1)
            }
        }
        return found
    }

    /// The keywords for objects.
    func objectProblems(
        of object: [String: Any], _ schema: [String: Any], _ rule: Rule, at place: String, depth: Int
    ) -> [Problem] {
        let required = schema["required"] as? [String] ?? []
        var found = required.filter { object[$0] == nil }.map { name in
            Problem(place: JSONSchemaValidator.join(place, name), sentence: "this field is required")
        }
        let properties = schema["properties"] as? [String: Any] ?? [:]
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            let place = JSONSchemaValidator.join(place, name)
            if let property = properties[name] {
                found += problems(of: value, against: property, rule, at: place, depth: depth + 1)
            } else if let additional = schema["additionalProperties"] {
                if JSONKind(additional) == .boolean, additional as? Bool == false {
                    found.append(Problem(place: place, sentence: "there may be no such field"))
                } else {
                    found += problems(of: value, against: additional, rule, at: place, depth: depth + 1)
                }
            }
        }
        return found
    }
}
