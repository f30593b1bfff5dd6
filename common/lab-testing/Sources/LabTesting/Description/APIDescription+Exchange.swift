internal import Foundation

extension APIDescription {
    /// A longer body is not looked into, so that a list of a million orders holds no test up.
    static let bodyLimit = 1 << 20

    /// What is wrong with what a service answered; empty if it did as it is described.
    ///
    /// A response body is closed: a field that the schema does not describe is a problem, whether or not the schema says
    /// `additionalProperties`. A request body is open, as the services ignore fields that they do not know. A JSON response body
    /// beyond 1 MiB is not looked into.
    public func problems(in exchange: APIExchange) -> [String] {
        switch match(exchange.method, exchange.path) {
        case .operation(let operation, let pathValues):
            var found = requestProblems(exchange, operation, pathValues)
            let responses = operation.json["responses"] as? [String: Any] ?? [:]
            let code = "\(exchange.status)"
            guard let response = responses[code] ?? responses["\(code.prefix(1))XX"] ?? responses["default"] else {
                return found + ["the status \(code) is not described for \(operation.name)"]
            }
            found += responseProblems(exchange, resolve(response))
            return found
        case .unknownMethod(let described):
            return unknownMethodProblems(exchange, described)
        case .unknownPath:
            return refusalProblems(exchange) ?? errorProblems(exchange, 404, "not_found", "the path is not described")
        }
    }

    // MARK: What is not described

    private func unknownMethodProblems(_ exchange: APIExchange, _ described: Set<String>) -> [String] {
        if exchange.method == "OPTIONS", exchange.status == 204 {
            let body = exchange.responseBody.isEmpty ? [] : ["a 204 has no body"]
            return body + undescribedHeaders(exchange, described: ["allow", "x-request-id"])
        }
        if let problems = refusalProblems(exchange) { return problems }
        var found = errorProblems(exchange, 405, "method_not_allowed", "the method is not described", ["allow"])
        let allowed = exchange.responseHeader("Allow").joined(separator: ",").split(separator: ",")
        let methods = Set(allowed.map { $0.filter { $0 != " " } })
        if exchange.status == 405,
            methods.subtracting(["HEAD", "OPTIONS"]) != described.subtracting(["HEAD", "OPTIONS"])
        {
            let expected = described.sorted().joined(separator: ", ")
            found.append("the header Allow must name \(expected) and names \(methods.sorted().joined(separator: ", "))")
        }
        return found
    }

    /// A page of another origin, and a body that is too long, are refused before the path is looked at.
    ///
    /// - Returns: `nil` if the request was not refused so.
    private func refusalProblems(_ exchange: APIExchange) -> [String]? {
        if exchange.status == 403, !exchange.requestHeader("Origin").isEmpty {
            return errorProblems(exchange, 403, "forbidden_origin", "the path or method is not described")
        }
        if exchange.status == 413, exchange.requestBody.count > 1 << 16 {
            return errorProblems(exchange, 413, "payload_too_large", "the path or method is not described")
        }
        return nil
    }

    private func errorProblems(
        _ exchange: APIExchange, _ status: Int, _ code: String, _ reason: String, _ headers: Set<String> = []
    ) -> [String] {
        guard exchange.status == status else { return ["\(reason), so it must be \(status) and is \(exchange.status)"] }
        var found = undescribedHeaders(exchange, described: headers.union(["x-request-id"]))
        if exchange.mediaType != "application/json" {
            found.append("an error must be application/json and is \(exchange.mediaType)")
        }
        if exchange.method == "HEAD" { return found }
        guard let body = JSONGrammar.value(of: exchange.responseBody) as? [String: Any] else {
            return found + ["an error must be a JSON object"]
        }
        if body["error"] as? String != code { found.append("the error must be \(code) and is \(JSONKind.text(body))") }
        if (body["detail"] as? String ?? "").isEmpty { found.append("an error must have a detail") }
        for name in body.keys.sorted() where !["error", "detail"].contains(name) {
            found.append("/\(name): this field is not described")
        }
        return found
    }

    // MARK: Responses

    private func responseProblems(_ exchange: APIExchange, _ response: [String: Any]) -> [String] {
        var found = headerProblems(exchange, response)
        let content = response["content"] as? [String: Any] ?? [:]
        if content.isEmpty {
            if exchange.method != "HEAD", !exchange.responseBody.isEmpty {
                found.append("a \(exchange.status) is described without a body and has one")
            }
            return found
        }
        guard let media = APIDescription.media(exchange.mediaType, in: content) else {
            let expected = content.keys.sorted().joined(separator: " or ")
            return found + ["the Content-Type must be \(expected) and is \(JSONKind.text(exchange.mediaType))"]
        }
        if exchange.method == "HEAD" || exchange.responseBody.count > APIDescription.bodyLimit { return found }
        let schema = media["schema"]
        guard APIDescription.isJSON(exchange.mediaType) else {
            let text = String(validating: exchange.responseBody, as: UTF8.self)
            guard let schema, let text else { return found }
            return found + validator.problems(of: text, against: schema).map { "the body \($0)" }
        }
        guard let value = JSONGrammar.value(of: exchange.responseBody) else {
            return found + [
                "the body is not JSON: \(JSONGrammar.problem(of: exchange.responseBody) ?? "a number is too large")"
            ]
        }
        if let schema { found += validator.problems(of: value, against: schema, .closed).map(\.description) }
        if exchange.status >= 400 {
            let codes = errorCodes(in: schema ?? true)
            if exchange.errorCode.map({ !codes.contains($0) }) ?? true {
                let code = exchange.errorCode.map { "is \($0)" } ?? "is missing"
                found.append("/error: must be one of \(codes.sorted().joined(separator: ", ")) and \(code)")
            }
        }
        return found.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The codes that a schema describes for the field `error`.
    func errorCodes(in schema: Any) -> Set<String> { strings(schema, under: "error", depth: 0) }

    /// The strings that a schema, or the field `name` in it, is limited to.
    private func strings(_ schema: Any, under name: String?, depth: Int) -> Set<String> {
        guard depth < 32, let schema = schema as? [String: Any] else { return [] }
        var found: Set<String> = []
        if let name {
            if let property = (schema["properties"] as? [String: Any])?[name] {
                found = strings(property, under: nil, depth: depth + 1)
            }
        } else {
            found.formUnion(schema["enum"] as? [String] ?? [])
            if let only = schema["const"] as? String { found.insert(only) }
        }
        var parts = ["allOf", "anyOf", "oneOf"].flatMap { schema[$0] as? [Any] ?? [] }
        if let target = (schema["$ref"] as? String).flatMap({ validator.target(of: $0) }) { parts.append(target) }
        return parts.reduce(into: found) { $0.formUnion(strings($1, under: name, depth: depth + 1)) }
    }

    /// What is described for a media type: by its name, or by a range such as `text/*`.
    static func media(_ type: String, in content: [String: Any]) -> [String: Any]? {
        var described: [String: Any] = [:]
        for (name, value) in content { described[name.prefix { $0 != ";" }.lowercased().filter { $0 != " " }] = value }
        let range = String(type.prefix { $0 != "/" }) + "/*"
        return (described[type] ?? described[range] ?? described["*/*"]) as? [String: Any]
    }

    static func isJSON(_ type: String) -> Bool { type == "application/json" || type.hasSuffix("+json") }
}
