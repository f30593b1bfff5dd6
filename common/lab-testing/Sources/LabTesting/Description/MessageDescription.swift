public import Foundation

/// A description of messages, AsyncAPI 3.0, held against messages that were really sent.
///
/// A message must be one, and only one, of those that its channel has: its payload, its headers, and what the bindings say of it.
///
/// `@unchecked Sendable`: the document is a tree of immutable values that nobody else changes.
public struct MessageDescription: @unchecked Sendable {
    /// A message as somebody has found it in a queue or topic.
    public struct Found {
        /// The routing key, the queue or the topic.
        public let address: String
        /// The body; `nil` if there is none.
        public let payload: [UInt8]?
        /// The headers in order, with values that JSON can have.
        public let headers: [(name: String, value: Any)]
        /// The exchange that it was published to.
        public var exchange: String?
        /// The properties of AMQP 0-9-1 without the headers.
        public var properties: [String: Any]?
        /// The key of a record.
        public var key: [UInt8]?

        /// Takes what every message has.
        public init(at address: String, payload: [UInt8]?, headers: [(name: String, value: Any)]) {
            self.address = address
            self.payload = payload
            self.headers = headers
        }
    }

    private struct Message {
        let name: String
        let json: [String: Any]
    }

    let root: [String: Any]
    let validator: JSONSchemaValidator

    /// Reads the bytes of an `asyncapi.json`.
    public init(_ bytes: [UInt8]) throws(InvalidDescription) {
        root = try InvalidDescription.root(of: bytes)
        validator = JSONSchemaValidator(document: root)
    }

    /// Reads a file.
    public init(contentsOf file: URL) throws { try self.init(Array(try Data(contentsOf: file))) }

    /// What a pointer such as `#/channels/pings` leads to, through other references; `nil` if there is nothing.
    func target(of reference: String, depth: Int = 0) -> [String: Any]? {
        guard depth < 16, reference.hasPrefix("#/") else { return nil }
        var value: [String: Any]? = root
        for part in reference.dropFirst(2).split(separator: "/") {
            let name = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
            value = value?[name] as? [String: Any]
        }
        guard let next = value?["$ref"] as? String else { return value }
        return target(of: next, depth: depth + 1)
    }

    // MARK: Messages

    /// What is wrong with a message; empty if it is as it is described.
    public func problems(of found: Found) -> [String] {
        let channels = (root["channels"] as? [String: [String: Any]] ?? [:]).filter {
            $0.value["address"] as? String == found.address
        }
        guard let channel = channels.values.first else { return ["nothing is described at \(found.address)"] }
        let names = (channel["messages"] as? [String: Any] ?? [:]).keys.sorted()
        let attempts = names.map { name -> (name: String, problems: [String]) in
            let reference = (channel["messages"] as? [String: [String: Any]])?[name]?["$ref"] as? String
            guard let json = reference.flatMap({ target(of: $0) }) else { return (name, ["\(name) is not described"]) }
            return (name, problems(of: found, as: json))
        }
        let matching = attempts.filter(\.problems.isEmpty).map(\.name)
        if matching.count > 1 { return ["it is \(matching.joined(separator: " and ")) at once"] }
        let nearest = matching.isEmpty ? attempts.min { $0.problems.count < $1.problems.count } : nil
        return (nearest?.problems ?? []) + exchangeProblems(found, channel)
    }

    private func problems(of found: Found, as message: [String: Any]) -> [String] {
        var problems: [String] = []
        if let schema = message["payload"] {
            if let value = found.payload.flatMap({ JSONGrammar.value(of: $0) }) {
                problems += validator.problems(of: value, against: schema).map { "payload \($0)" }
            } else {
                problems.append("the payload is not JSON")
            }
        }
        problems += headerProblems(found, message["headers"])
        let bindings = message["bindings"] as? [String: [String: Any]] ?? [:]
        if let schema = message["x-amqp-properties"] {
            problems += validator.problems(of: found.properties ?? [:], against: schema).map { "property \($0)" }
        }
        if let type = bindings["amqp"]?["messageType"] as? String, found.properties?["type"] as? String != type {
            problems.append("the property type must be \(type)")
        }
        if let schema = bindings["kafka"]?["key"] {
            if let key = found.key.flatMap({ String(validating: $0, as: UTF8.self) }) {
                problems += validator.problems(of: key, against: schema).map { "the key \($0)" }
            } else {
                problems.append("the key must be a text")
            }
        }
        return problems
    }

    private func headerProblems(_ found: Found, _ schema: Any?) -> [String] {
        guard let schema else { return [] }
        let headers = Dictionary(found.headers.map { ($0.name, $0.value) }) { $1 }
        let repeated = Dictionary(grouping: found.headers, by: \.name).filter { $0.value.count > 1 }.keys.sorted()
        return repeated.map { "the header \($0) is there more than once" }
            + validator.problems(of: headers, against: schema).map { "header \($0)" }
    }

    /// What is described as published to one exchange must not come from another one.
    private func exchangeProblems(_ found: Found, _ channel: [String: Any]) -> [String] {
        let binding = (channel["bindings"] as? [String: [String: Any]])?["amqp"]
        guard let name = (binding?["exchange"] as? [String: Any])?["name"] as? String, found.exchange != name else {
            return []
        }
        return ["the exchange must be \(name) and is \(found.exchange ?? "none")"]
    }
}

extension MessageDescription {
    /// What is wrong with the description itself: references that lead nowhere, schemas that nobody can check, examples that do not
    /// fit.
    public func problemsOfDescription() -> [String] {
        var found = root["asyncapi"] as? String == "3.0.0" ? [] : ["asyncapi must be 3.0.0"]
        found += referenceProblems(root, at: "")
        for (name, operation) in root["operations"] as? [String: [String: Any]] ?? [:] {
            let channel = (operation["channel"] as? [String: Any])?["$ref"] as? String ?? ""
            for message in operation["messages"] as? [[String: Any]] ?? [] {
                guard let reference = message["$ref"] as? String, !reference.hasPrefix(channel + "/messages/") else {
                    continue
                }
                found.append("\(name) has a message that its channel has not: \(reference)")
            }
        }
        let components = root["components"] as? [String: Any]
        for (name, message) in components?["messages"] as? [String: [String: Any]] ?? [:] {
            for part in ["headers", "payload", "x-amqp-properties"] {
                guard let schema = message[part] else { continue }
                found += validator.problems(ofSchema: schema).map { "\(name), \(part) \($0)" }
                for example in message["examples"] as? [[String: Any]] ?? [] {
                    guard let value = example[part] else { continue }
                    found += validator.problems(of: value, against: schema).map {
                        "\(name), the example's \(part) \($0)"
                    }
                }
            }
        }
        return found.sorted()
    }

    private func referenceProblems(_ value: Any, at place: String) -> [String] {
        if let object = value as? [String: Any] {
            if let reference = object["$ref"] as? String {
                return target(of: reference) == nil ? ["\(place): \(reference) leads nowhere"] : []
            }
            return object.flatMap { referenceProblems($0.value, at: place + "/" + $0.key) }
        }
        return (value as? [Any] ?? []).flatMap { referenceProblems($0, at: place) }
    }
}
