internal import Foundation

extension APIDescription {
    /// What the description says of a request.
    enum Verdict: Equatable {
        case valid
        /// Something in it is not as described.
        case invalid(String)
        /// The description does not say enough: services may take it or refuse it.
        case undecided

        /// The verdict on two parts together.
        func and(_ other: Verdict) -> Verdict {
            switch (self, other) {
            case (.invalid, _): self
            case (_, .invalid): other
            case (.undecided, _), (_, .undecided): .undecided
            default: .valid
            }
        }
    }

    /// A request that is described as valid must not be a 400, and one that is not must not succeed.
    func requestProblems(_ exchange: APIExchange, _ operation: Operation, _ pathValues: [String: String]) -> [String] {
        switch verdict(on: exchange, operation, pathValues) {
        case .valid where exchange.status == 400:
            return ["\(operation.name) answered 400 to a request that is valid by its description"]
        case .invalid(let reason) where (200..<300).contains(exchange.status):
            return ["\(operation.name) answered \(exchange.status) to a request that is not valid: \(reason)"]
        default:
            return []
        }
    }

    /// Judges the parameters and the body of a request.
    func verdict(on exchange: APIExchange, _ operation: Operation, _ pathValues: [String: String]) -> Verdict {
        var verdict = bodyVerdict(exchange.requestBody, operation)
        for parameter in operation.parameters {
            let name = parameter.name
            switch parameter.location {
            case "path":
                verdict = verdict.and(self.verdict(on: pathValues[name].map { [$0] } ?? [], parameter))
            case "query":
                verdict = verdict.and(
                    self.verdict(on: exchange.query.filter { $0.name == name }.map(\.value), parameter))
            case "header":
                // Some headers are replaced and others refused, so one that is not as described decides nothing.
                let one = self.verdict(on: exchange.requestHeader(name), parameter)
                verdict = verdict.and(one == .valid ? .valid : .undecided)
            default:
                verdict = verdict.and(.undecided)
            }
        }
        return verdict
    }

    private func verdict(on values: [String?], _ parameter: Parameter) -> Verdict {
        let name = "the parameter \(parameter.name)"
        guard let first = values.first else { return parameter.isRequired ? .invalid("\(name) is missing") : .valid }
        guard values.count == 1 else { return .invalid("\(name) is there \(values.count) times") }
        guard let text = first, let schema = parameter.json["schema"] else { return .undecided }
        let types = types(of: schema, depth: 0)
        if !types.isDisjoint(with: ["array", "object"]) { return .undecided }
        guard let value = typed(text, by: schema) else {
            // Swift reads "+5" and "007" as integers, which JSON does not know.
            return Int(text) == nil ? .invalid("\(name) is \(JSONKind.text(text))") : .undecided
        }
        // A service may refuse a number that it cannot hold, whatever its description says.
        if let number = JSONKind.number(value), abs(number) >= 0x1p63 { return .undecided }
        let problems = validator.problems(of: value, against: schema)
        return problems.first.map { .invalid("\(name) \($0)") } ?? .valid
    }

    private func bodyVerdict(_ body: [UInt8], _ operation: Operation) -> Verdict {
        guard let described = operation.json["requestBody"] else { return .valid }
        let request = resolve(described)
        if body.isEmpty, request["required"] as? Bool != true { return .valid }
        // The services read a body as JSON, whatever its Content-Type says.
        let content = request["content"] as? [String: Any] ?? [:]
        guard let schema = APIDescription.media("application/json", in: content)?["schema"] else { return .undecided }
        if let problem = JSONGrammar.problem(of: body) { return .invalid("its body is not JSON: \(problem)") }
        guard !JSONGrammar.isNestedDeeply(body), let value = JSONGrammar.value(of: body) else { return .undecided }
        let problems = validator.problems(of: value, against: schema)
        return problems.first.map { .invalid("its body: \($0)") } ?? .valid
    }
}
