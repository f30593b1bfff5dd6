internal import Foundation

/// Holds values against schemas of a subset of JSON Schema 2020-12, the dialect of OpenAPI 3.1.
///
/// Values and schemas are what `JSONSerialization` reads. A keyword beyond the subset is no constraint here, but
/// ``problems(ofSchema:at:)`` finds it, so that a description cannot promise what nobody checks. Numbers are compared as `Double`.
///
/// `@unchecked Sendable`: the document is a tree of immutable values that nobody else changes.
struct JSONSchemaValidator: @unchecked Sendable {
    /// Something that is not as a schema says.
    struct Problem: Equatable, CustomStringConvertible {
        /// A JSON Pointer (RFC 6901) to the value; empty for the whole.
        let place: String
        /// What is wrong, without a subject: `"must be a string and is 7"`.
        let sentence: String

        var description: String { place.isEmpty ? sentence : "\(place): \(sentence)" }
    }

    /// How a value is held against a schema.
    enum Rule {
        /// As JSON Schema says: fields that the schema does not name are taken.
        case open
        /// Beyond that, in an object whose schema names fields, each field must be described.
        case closed
    }

    let document: Any
    let patterns: JSONPatterns

    /// Takes the document that `$ref` points into.
    init(document: Any) {
        self.document = document
        patterns = JSONPatterns(of: document)
    }

    /// What is wrong with a value, the fields of an object in the order of their names.
    func problems(of value: Any, against schema: Any, _ rule: Rule = .open, at place: String = "") -> [Problem] {
        problems(of: value, against: schema, rule, at: place, depth: 0)
    }

    /// A schema for a value of its own: the whole, a field, or an item.
    func problems(of value: Any, against schema: Any, _ rule: Rule, at place: String, depth: Int) -> [Problem] {
        var found = apply(schema, to: value, rule, at: place, depth: depth)
        guard rule == .closed, let object = value as? [String: Any] else { return found }
        let described = describedFields(of: object, by: schema, depth: depth)
        guard described.areNamed, !described.areAll else { return found }
        for name in object.keys.sorted() where !described.names.contains(name) {
            found.append(Problem(place: JSONSchemaValidator.join(place, name), sentence: "this field is not described"))
        }
        return found
    }

    /// Applies every keyword of one schema to a value.
    private func apply(_ schema: Any, to value: Any, _ rule: Rule, at place: String, depth: Int) -> [Problem] {
        guard depth < 200 else { return [Problem(place: place, sentence: "its schema refers to itself without end")] }
        if JSONKind(schema) == .boolean {
            return schema as? Bool == true ? [] : [Problem(place: place, sentence: "nothing may be here")]
        }
        guard let schema = schema as? [String: Any] else { return [Problem(place: place, sentence: "has no schema")] }
        var found: [Problem] = []
        if let reference = schema["$ref"] as? String {
            if let target = target(of: reference) {
                found += apply(target, to: value, rule, at: place, depth: depth + 1)
            } else {
                found.append(Problem(place: place, sentence: "its schema \(reference) does not exist"))
            }
        }
        found += generalProblems(of: value, schema).map { Problem(place: place, sentence: $0) }
        if let text = value as? String {
            found += textProblems(of: text, schema).map { Problem(place: place, sentence: $0) }
        } else if let number = JSONKind.number(value) {
            found += numberProblems(of: number, value, schema).map { Problem(place: place, sentence: $0) }
        } else if let array = value as? [Any] {
            found += arrayProblems(of: array, schema, rule, at: place, depth: depth)
        } else if let object = value as? [String: Any] {
            found += objectProblems(of: object, schema, rule, at: place, depth: depth)
        }
        return found + combinationProblems(of: value, schema, rule, at: place, depth: depth)
    }

    private func combinationProblems(
        of value: Any, _ schema: [String: Any], _ rule: Rule, at place: String, depth: Int
    ) -> [Problem] {
        var found: [Problem] = []
        for part in schema["allOf"] as? [Any] ?? [] {
            found += apply(part, to: value, rule, at: place, depth: depth + 1)
        }
        for keyword in ["anyOf", "oneOf"] {
            guard let parts = schema[keyword] as? [Any] else { continue }
            let attempts = parts.map { apply($0, to: value, .open, at: place, depth: depth + 1) }
            let matching = zip(parts, attempts).filter { $1.isEmpty }.map(\.0)
            if matching.isEmpty {
                let nearest = attempts.min { $0.count < $1.count } ?? []
                let reasons = nearest.map(\.description).joined(separator: "; ")
                found.append(
                    Problem(place: place, sentence: "is none of the \(parts.count) forms of \(keyword): \(reasons)"))
            } else if keyword == "oneOf", matching.count > 1 {
                found.append(Problem(place: place, sentence: "is \(matching.count) of the forms of oneOf, not one"))
            } else if rule == .closed {
                // JSON Schema decides which form it is. Only then fields that the form does not describe are looked for.
                let inner = matching.map { apply($0, to: value, .closed, at: place, depth: depth + 1) }
                found += inner.min { $0.count < $1.count } ?? []
            }
        }
        return found
    }

    /// The fields of an object that a schema describes, by itself or through the schemas that it is made of.
    private func describedFields(
        of object: [String: Any], by schema: Any, depth: Int
    ) -> (names: Set<String>, areNamed: Bool, areAll: Bool) {
        guard depth < 200, let schema = schema as? [String: Any] else { return ([], false, false) }
        let properties = schema["properties"] as? [String: Any]
        var names = Set((properties ?? [:]).keys)
        var (areNamed, areAll) = (properties != nil, schema["additionalProperties"] != nil)
        var parts = schema["allOf"] as? [Any] ?? []
        for keyword in ["anyOf", "oneOf"] {
            for part in schema[keyword] as? [Any] ?? []
            where apply(part, to: object, .open, at: "", depth: depth + 1).isEmpty { parts.append(part) }
        }
        if let target = (schema["$ref"] as? String).flatMap({ target(of: $0) }) { parts.append(target) }
        for part in parts {
            let more = describedFields(of: object, by: part, depth: depth + 1)
            names.formUnion(more.names)
            areNamed = areNamed || more.areNamed
            areAll = areAll || more.areAll
        }
        return (names, areNamed, areAll)
    }

    // MARK: Pointers

    /// What a reference such as `#/components/schemas/Order` points to (RFC 6901); `nil` if there is nothing.
    func target(of reference: String) -> Any? {
        guard reference.hasPrefix("#/components/") else { return nil }
        var value = document
        for part in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            let name = (String(part).removingPercentEncoding ?? String(part))
                .replacing("~1", with: "/").replacing("~0", with: "~")
            if let next = (value as? [String: Any])?[name] {
                value = next
            } else if let array = value as? [Any], let index = Int(name), array.indices.contains(index) {
                value = array[index]
            } else {
                return nil
            }
        }
        return value
    }

    /// A pointer to a field or an item of what a pointer points to.
    static func join(_ place: String, _ name: String) -> String {
        place + "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}
