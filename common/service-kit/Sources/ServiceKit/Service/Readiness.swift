internal import StrictJSON
internal import Synchronization

/// Whether a service can do its work, as `/ready` tells.
public final class Readiness: Sendable {
    private struct State {
        var missing: [String]
        var parts: [(name: String, missing: String, isPermanent: Bool)] = []
        /// What the service does not know of its own state; `nil` when it knows all of it.
        var missingState: String?
        var warnings: [String] = []
        var condition = Condition.starting
        var isStopping = false
    }
    private let state: Mutex<State>

    /// Starts with what is missing; with nothing, the service is ready once it answers at all.
    public init(missing: [String] = []) { state = Mutex(State(missing: missing)) }

    /// What the service waits for, each in a few words for a person.
    public var missing: [String] {
        get {
            state.withLock { state in
                // Two parts may wait for the same thing.
                state.parts.reduce(into: state.missing) { if !$0.contains($1.missing) { $0.append($1.missing) } }
            }
        }
        set { state.withLock { $0.missing = newValue } }
    }

    /// Says what one part of the service waits for; `nil` for nothing. Parts do not overwrite each other.
    ///
    /// - Parameter isPermanent: whether waiting does not help, because somebody made a mistake that they must correct. Then
    ///   `missing` is a whole sentence that names the mistake and the remedy, and `/ready` says `misconfigured`.
    public func set(_ part: String, missing: String?, isPermanent: Bool = false) {
        state.withLock { state in
            state.parts.removeAll { $0.name == part }
            if let missing { state.parts.append((part, missing, isPermanent)) }
        }
    }

    /// What the service does not know of its own state, as the end of a sentence that begins with "this instance does not
    /// know", such as "the stock, which is being rebuilt from the log"; `nil` when it knows all of it.
    public var missingState: String? {
        get { state.withLock { $0.missingState } }
        set { state.withLock { $0.missingState = newValue } }
    }

    /// Lets a request pass that asks for the service's state.
    ///
    /// - Throws: ``HTTPError`` 503 `not_ready` while the state is not known: an empty list would be taken for the truth.
    public func requireState() throws(HTTPError) {
        if let missingState { throw .retryLater(.notReady, "this instance does not know " + missingState) }
    }

    /// What a service is that cannot do its work, as `status` says it.
    public enum Condition: String, Sendable, CaseIterable {
        /// It waits for what is missing.
        case starting
        /// Another instance is at work, and this one would take its place.
        case standby
        /// Another instance has taken its place.
        case fenced
    }

    /// What `status` says while something is missing.
    public var condition: Condition {
        get { state.withLock { $0.condition } }
        set { state.withLock { $0.condition = newValue } }
    }

    /// Adds a sentence that `/ready` shows from now on, also where the service is ready; once, however often it is added.
    public func warn(_ warning: String) {
        state.withLock { state in
            if !state.warnings.contains(warning) { state.warnings.append(warning) }
        }
    }

    /// From now on the service is stopping, and never ready again.
    func stop() { state.withLock { $0.isStopping = true } }

    /// What `/ready` answers.
    var response: HTTPResponse {
        let missing = missing
        let (condition, warnings, isStopping) = state.withLock { ($0.condition, $0.warnings, $0.isStopping) }
        let mistakes = state.withLock { $0.parts.filter(\.isPermanent).map(\.missing) }
        let isReady = missing.isEmpty && !isStopping
        var response = HTTPResponse.object(status: isReady ? 200 : 503) { json in
            if isReady {
                json.field("status", "ready")
            } else {
                let code: HTTPError.Code = isStopping ? .overloaded : .brokerUnavailable
                json.field(
                    "status",
                    isStopping ? Readiness.stopping : mistakes.isEmpty ? condition.rawValue : Readiness.misconfigured)
                json.field("error", code.rawValue)
                json.field("detail", isStopping ? "the service is stopping" : Readiness.detail(missing, mistakes))
            }
            guard !warnings.isEmpty else { return }
            json.name("warnings")
            json.array { json in
                for warning in warnings { json.value(warning) }
            }
        }
        if !isReady { response.headers = [("Retry-After", "1")] }
        return response
    }

    /// One sentence: the mistakes, each once, or else what is waited for.
    private static func detail(_ missing: [String], _ mistakes: [String]) -> String {
        guard !mistakes.isEmpty else { return "waiting for " + missing.joined(separator: ", ") }
        return mistakes.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }.joined(separator: "; ")
    }
}

extension Readiness {
    fileprivate static let stopping = "stopping"
    fileprivate static let misconfigured = "misconfigured"

    /// Describes `GET /ready`.
    var route: Route {
        let statuses = Condition.allCases.map(\.rawValue) + [Readiness.misconfigured, Readiness.stopping]
        let warnings = JSONSchema.Property(
            "warnings", .array(of: .string(example: "the journal begins late"), "What a person should look at."),
            isRequired: false)
        return .get(
            "/ready",
            Route.Operation("getReadiness", .service, "Tells whether the service can do its work"),
            answers: [
                .json(
                    "The service can do its work",
                    .object([.init("status", .choice(["ready"])), warnings])),
                .retryLater(
                    .brokerUnavailable, "waiting for the broker",
                    with: [.init("status", .choice(statuses)), warnings]),
                .retryLater(.overloaded, "the service is stopping"),
            ]
        ) { _ in self.response }
    }
}

extension Route {
    /// The same route, if it tells the service's state: 503 `not_ready` while the service does not know that.
    public func telling(_ readiness: Readiness) -> Route {
        first(.retryLater(.notReady, "this instance does not know its state, which is being rebuilt")) { _ in
            try readiness.requireState()
        }
    }
}
