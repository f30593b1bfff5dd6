internal import Foundation

extension APIDescription {
    /// What is wrong with the description itself; empty if nothing is.
    ///
    /// A constraint that nobody checks, an example that does not match its schema, or a reference to nothing is a problem: whoever
    /// reads the description would believe it.
    public func problemsOfDescription() -> [String] {
        var found: [String] = []
        if (root["openapi"] as? String)?.wholeMatch(of: /3\.1\.[0-9]+/) == nil { found.append("openapi must be 3.1.x") }
        let info = root["info"] as? [String: Any] ?? [:]
        for name in ["title", "version"] where APIDescription.text(info[name]) == nil {
            found.append("/info/\(name): there must be a text")
        }
        if operations.isEmpty { found.append("/paths: there must be an operation") }
        found += referenceProblems(root, at: "")
        found += pathProblems()
        let identifiers = Dictionary(grouping: operations) { $0.json["operationId"] as? String ?? "" }
        for (identifier, operations) in identifiers.sorted(by: { $0.key < $1.key })
        where operations.count > 1 && !identifier.isEmpty {
            found.append(
                "the operationId \(identifier) is that of \(operations.map(\.name).joined(separator: " and "))")
        }
        for operation in operations { found += operationProblems(operation) }
        return found + componentProblems()
    }

    /// A text that is not empty.
    private static func text(_ value: Any?) -> String? {
        (value as? String).flatMap { $0.isEmpty ? nil : $0 }
    }

    private func referenceProblems(_ value: Any, at place: String) -> [String] {
        var found: [String] = []
        if let object = value as? [String: Any] {
            for (name, value) in object.sorted(by: { $0.key < $1.key }) {
                let place = JSONSchemaValidator.join(place, name)
                if name == "$ref", let reference = value as? String {
                    if validator.target(of: reference) == nil {
                        found.append("\(place): \(reference) points to nothing")
                    }
                } else {
                    found += referenceProblems(value, at: place)
                }
            }
        } else if let array = value as? [Any] {
            for (index, value) in array.enumerated() { found += referenceProblems(value, at: "\(place)/\(index)") }
        }
        return found
    }

    // MARK: Paths

    private func pathProblems() -> [String] {
        var found: [String] = []
        let templates = (root["paths"] as? [String: Any] ?? [:]).keys.sorted()
        for (index, template) in templates.enumerated() {
            let segments = template.split(separator: "/", omittingEmptySubsequences: false)
            if segments.first?.isEmpty != true { found.append("the path \(template) must begin with /") }
            for segment in segments where segment.contains(where: { "{}".contains($0) }) {
                let name = APIDescription.parameter(segment)
                if name?.contains(where: { "{}".contains($0) }) ?? true {
                    found.append("in the path \(template) a parameter must be all between two slashes")
                }
            }
            guard template.contains("{") else { continue }
            for other in templates[(index + 1)...] where other.contains("{") {
                let others = other.split(separator: "/", omittingEmptySubsequences: false)
                let collide =
                    segments.count == others.count
                    && zip(segments, others).allSatisfy { one, other in
                        one == other || one.first == "{" || other.first == "{"
                    }
                if collide { found.append("the paths \(template) and \(other) collide") }
            }
        }
        return found
    }

    // MARK: Operations

    private func operationProblems(_ operation: Operation) -> [String] {
        var found: [String] = []
        for name in ["operationId", "summary"] where APIDescription.text(operation.json[name]) == nil {
            found.append("there must be the text \(name)")
        }
        let tags = operation.json["tags"] as? [Any] ?? []
        if tags.isEmpty || !tags.allSatisfy({ APIDescription.text($0) != nil }) { found.append("there must be a tag") }
        found += parameterProblems(operation)
        if let request = operation.json["requestBody"] { found += requestBodyProblems(resolve(request), "the request") }
        let responses = operation.json["responses"] as? [String: Any] ?? [:]
        if !responses.keys.contains(where: { $0.hasPrefix("2") }) { found.append("there must be a response 2xx") }
        for (code, response) in responses.sorted(by: { $0.key < $1.key }) {
            if code.wholeMatch(of: /[1-5]([0-9][0-9]|XX)|default/) == nil { found.append("there is no status \(code)") }
            let isError = code.first.map { "45d".contains($0) } ?? false
            found += responseProblems(resolve(response), "the response \(code)", isError: isError)
        }
        return found.map { "\(operation.name): \($0)" }
    }

    private func parameterProblems(_ operation: Operation) -> [String] {
        var found: [String] = []
        let segments = operation.template.split(separator: "/")
        let names = Set(segments.compactMap { APIDescription.parameter($0) })
        let declared = Set(operation.parameters.filter { $0.location == "path" }.map(\.name))
        for name in names.subtracting(declared).sorted() { found.append("the path parameter \(name) is not declared") }
        for name in declared.subtracting(names).sorted() { found.append("the path has no parameter \(name)") }
        let own = (operation.json["parameters"] as? [Any] ?? []).map { resolve($0) }
        let places = own.map { "\($0["in"] as? String ?? "") \($0["name"] as? String ?? "")" }
        if Set(places).count != places.count { found.append("a parameter is declared twice") }
        for parameter in operation.parameters {
            let name = "the parameter \(parameter.name)"
            if parameter.location == "path", !parameter.isRequired { found.append("\(name) must be required") }
            found += fieldProblems(parameter.json, name)
            guard ["path", "query", "header", "cookie"].contains(parameter.location), !parameter.name.isEmpty else {
                found.append("\(name) must have a name and a place")
                continue
            }
        }
        return found
    }

    /// What a parameter and a header have in common.
    private func fieldProblems(_ json: [String: Any], _ name: String) -> [String] {
        var found: [String] = []
        if APIDescription.text(json["description"]) == nil { found.append("\(name) must have a description") }
        guard let schema = json["schema"] else { return found + ["\(name) must have a schema"] }
        found += validator.problems(ofSchema: schema).map { "\(name): \($0)" }
        return found + exampleProblems(json, schema, name)
    }

    // MARK: Bodies

    private func requestBodyProblems(_ json: [String: Any], _ name: String) -> [String] {
        let content = json["content"] as? [String: Any] ?? [:]
        return (content.isEmpty ? ["\(name) must have a content"] : []) + contentProblems(content, name)
    }

    private func responseProblems(_ json: [String: Any], _ name: String, isError: Bool) -> [String] {
        var found: [String] = []
        if APIDescription.text(json["description"]) == nil { found.append("\(name) must have a description") }
        let content = json["content"] as? [String: Any] ?? [:]
        found += contentProblems(content, name)
        for (header, value) in (json["headers"] as? [String: Any] ?? [:]).sorted(by: { $0.key < $1.key }) {
            found += fieldProblems(resolve(value), "the header \(header) of \(name)")
        }
        let media = APIDescription.media("application/json", in: content)
        if isError, errorCodes(in: media?["schema"] ?? true).isEmpty {
            found.append("\(name) must say which codes error may have")
        }
        return found
    }

    private func contentProblems(_ content: [String: Any], _ name: String) -> [String] {
        var found: [String] = []
        for (type, value) in content.sorted(by: { $0.key < $1.key }) {
            let media = value as? [String: Any] ?? [:]
            let name = "\(name) as \(type)"
            guard let schema = media["schema"] else {
                found.append("\(name) must have a schema")
                continue
            }
            found += validator.problems(ofSchema: schema).map { "\(name): \($0)" }
            if !hasExample(media) && !hasExample(schema as? [String: Any] ?? [:]) && !hasExample(resolve(schema)) {
                found.append("\(name) must have an example")
            }
            found += exampleProblems(media, schema, name)
        }
        return found
    }

    private func hasExample(_ json: [String: Any]) -> Bool {
        json["example"] != nil || (json["examples"] as? [String: Any])?.isEmpty == false
            || (json["examples"] as? [Any])?.isEmpty == false
    }

    /// The examples that stand beside a schema.
    private func exampleProblems(_ json: [String: Any], _ schema: Any, _ name: String) -> [String] {
        var examples = json["example"].map { [("", $0)] } ?? []
        var found: [String] = []
        for (key, value) in (json["examples"] as? [String: Any] ?? [:]).sorted(by: { $0.key < $1.key }) {
            if let value = resolve(value)["value"] {
                examples.append((" \(key)", value))
            } else {
                found.append("\(name): the example \(key) must have a value")
            }
        }
        for (key, value) in examples {
            found += validator.problems(of: value, against: schema, .closed).map { "\(name): the example\(key): \($0)" }
        }
        return found
    }

    // MARK: Components

    private func componentProblems() -> [String] {
        var found: [String] = []
        let components = root["components"] as? [String: Any] ?? [:]
        for (kind, values) in components.sorted(by: { $0.key < $1.key }) {
            for (key, value) in (values as? [String: Any] ?? [:]).sorted(by: { $0.key < $1.key }) {
                let place = "/components/\(kind)/\(key)"
                switch kind {
                case "schemas": found += validator.problems(ofSchema: value, at: place).map(\.description)
                case "parameters", "headers": found += fieldProblems(resolve(value), place)
                case "requestBodies": found += requestBodyProblems(resolve(value), place)
                case "responses": found += responseProblems(resolve(value), place, isError: false)
                default: break
                }
            }
        }
        return found
    }
}
