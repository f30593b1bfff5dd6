internal import CampusModel
internal import Synchronization

/// Whether a service can do its work, as `/ready` tells.
public final class Readiness: Sendable {
    private struct State {
        var missing: [String]
        var isStopping = false
    }
    private let state: Mutex<State>

    /// Starts with what is missing; with nothing, the service is ready once it answers at all.
    public init(missing: [String] = []) { state = Mutex(State(missing: missing)) }

    /// What the service waits for, each in a few words for a person.
    public var missing: [String] {
        get { state.withLock { $0.missing } }
        set { state.withLock { $0.missing = newValue } }
    }

    /// From now on the service is stopping, and never ready again.
    func stop() { state.withLock { $0.isStopping = true } }

    /// What `/ready` answers.
    var response: HTTPResponse {
        let (missing, isStopping) = state.withLock { ($0.missing, $0.isStopping) }
        if missing.isEmpty && !isStopping { return .object { $0.field("status", "ready") } }
        let code: HTTPError.Code = isStopping ? .overloaded : .brokerUnavailable
        return .object(status: 503) { json in
            json.field("status", isStopping ? "stopping" : "starting")
            json.field("error", code.rawValue)
            json.field(
                "detail", isStopping ? "the service is stopping" : "waiting for " + missing.joined(separator: ", "))
        }
    }
}
