internal import Foundation

/// A service's OpenAPI 3.1 description, held against what the service does.
///
/// ``problems(in:)`` judges one request with its response, ``problemsOfDescription()`` the description itself.
///
/// `@unchecked Sendable`: the document is a tree of immutable values that nobody else changes.
public struct APIDescription: @unchecked Sendable {
    /// A path with a method.
    struct Operation {
        let method: String
        let template: String
        let json: [String: Any]
        /// The parameters of the path and of the operation itself, which come later and win.
        let parameters: [Parameter]

        var name: String { "\(method) \(template)" }
    }

    /// A parameter of an operation.
    struct Parameter {
        let name: String
        let location: String
        let json: [String: Any]

        var isRequired: Bool { json["required"] as? Bool == true }
    }

    /// What the description says of a method and a path.
    enum Match {
        case operation(Operation, pathValues: [String: String])
        case unknownMethod(described: Set<String>)
        case unknownPath
    }

    let root: [String: Any]
    let validator: JSONSchemaValidator
    let operations: [Operation]

    /// Reads the bytes of `/openapi.json`.
    public init(_ bytes: [UInt8]) throws(InvalidDescription) {
        root = try InvalidDescription.root(of: bytes)
        validator = JSONSchemaValidator(document: root)
        operations = APIDescription.operations(root, validator)
    }

    static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    private static func operations(_ root: [String: Any], _ validator: JSONSchemaValidator) -> [Operation] {
        var operations: [Operation] = []
        for (template, item) in (root["paths"] as? [String: Any] ?? [:]).sorted(by: { $0.key < $1.key }) {
            let item = resolve(item, validator)
            for method in methods {
                guard let json = item[method] as? [String: Any] else { continue }
                var parameters: [Parameter] = []
                for value in (item["parameters"] as? [Any] ?? []) + (json["parameters"] as? [Any] ?? []) {
                    let json = resolve(value, validator)
                    let (name, location) = (json["name"] as? String ?? "", json["in"] as? String ?? "")
                    parameters.removeAll { $0.name == name && $0.location == location }
                    parameters.append(Parameter(name: name, location: location, json: json))
                }
                operations.append(
                    Operation(method: method.uppercased(), template: template, json: json, parameters: parameters))
            }
        }
        return operations
    }

    /// An object, or the one that it refers to; empty if there is none.
    private static func resolve(_ value: Any, _ validator: JSONSchemaValidator) -> [String: Any] {
        var object = value as? [String: Any] ?? [:]
        for _ in 0..<16 {
            guard let reference = object["$ref"] as? String else { return object }
            object = validator.target(of: reference) as? [String: Any] ?? [:]
        }
        return object
    }

    func resolve(_ value: Any?) -> [String: Any] { APIDescription.resolve(value ?? [:], validator) }

    // MARK: Paths

    /// Finds the operation for a method and a path; a path without parameters goes before one with some.
    ///
    /// - Parameter path: percent-decoded.
    func match(_ method: String, _ path: String) -> Match {
        var values: [String: String] = [:]
        var candidates = operations.filter { $0.template == path }
        if candidates.isEmpty {
            for operation in operations {
                guard let found = APIDescription.values(of: path, in: operation.template) else { continue }
                // Two templates that fit one path collide, which is the description's own problem: the first one is taken.
                guard candidates.first.map({ $0.template == operation.template }) ?? true else { continue }
                candidates.append(operation)
                values = found
            }
        }
        guard !candidates.isEmpty else { return .unknownPath }
        let operation =
            candidates.first { $0.method == method }
            ?? (method == "HEAD" ? candidates.first { $0.method == "GET" } : nil)
        guard let operation else { return .unknownMethod(described: Set(candidates.map(\.method))) }
        return .operation(operation, pathValues: values)
    }

    /// The parameters in a path; `nil` if it does not fit the template, or the template has none.
    private static func values(of path: String, in template: String) -> [String: String]? {
        guard template.contains("{") else { return nil }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let patterns = template.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == patterns.count else { return nil }
        var values: [String: String] = [:]
        for (part, pattern) in zip(parts, patterns) {
            if let name = parameter(pattern) {
                guard !part.isEmpty else { return nil }
                values[name] = String(part)
            } else if part != pattern {
                return nil
            }
        }
        return values
    }

    /// The name of the parameter that a segment of a template consists of; `nil` if it is none.
    static func parameter(_ segment: Substring) -> String? {
        guard segment.first == "{", segment.last == "}", segment.count > 2 else { return nil }
        return String(segment.dropFirst().dropLast())
    }

    /// What is wrong with what a service answered; empty if it did as it is described.
    ///
    /// - Parameters:
    ///   - path: the request target, with the query.
    ///   - responseHeaders: all of them, `Content-Type` among them.
    public func problems(
        method: String, path: String, requestHeaders: [String: String] = [:], requestBody: [UInt8] = [], status: Int,
        responseHeaders: [String: String], responseBody: [UInt8]
    ) -> [String] {
        problems(
            in: APIExchange(
                method: method, target: path, requestHeaders: requestHeaders.map { ($0, $1) }, requestBody: requestBody,
                status: status, responseHeaders: responseHeaders.map { ($0, $1) }, responseBody: responseBody))
    }
}
