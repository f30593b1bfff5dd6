internal import StrictJSON
internal import Synchronization

/// The faults that a student injects: a delay before each piece of work, and failure of each.
///
/// They act on work only, never on health, administration or lists. With both on, the delay comes first.
public final class Faults: Sendable {
    /// The seconds that a delay may have.
    public static let delays = 0.0...60.0

    private struct State {
        var delaySeconds: Double
        var fails: Bool
    }
    private let state: Mutex<State>

    /// Starts with these faults.
    public init(delaySeconds: Double = 0, fails: Bool = false) {
        state = Mutex(State(delaySeconds: delaySeconds, fails: fails))
    }

    /// Reads `FAULT_DELAY_SECONDS` and `FAULT_FAIL`.
    ///
    /// - Throws: ``ConfigurationError`` where one of them is out of range.
    public convenience init(environment: Environment) throws(ConfigurationError) {
        self.init(
            delaySeconds: try environment.seconds("FAULT_DELAY_SECONDS", in: Faults.delays, default: 0),
            fails: try environment.bool("FAULT_FAIL", default: false))
    }

    /// How long each piece of work is held back, in seconds from 0 to 60.
    public var delaySeconds: Double {
        get { state.withLock { $0.delaySeconds } }
        set { state.withLock { $0.delaySeconds = newValue } }
    }

    /// Whether each piece of work fails.
    public var fails: Bool {
        get { state.withLock { $0.fails } }
        set { state.withLock { $0.fails = newValue } }
    }

    /// Waits for the delay, then fails where failure is on.
    ///
    /// - Throws: ``HTTPError`` 500 `injected_failure`.
    public func inject(on loop: EventLoop) async throws(HTTPError) {
        let delay = delaySeconds
        if delay > 0 { await loop.sleep(seconds: delay) }
        guard !fails else { throw HTTPError(500, .injectedFailure, "this service was told to fail") }
    }
}

extension Router {
    /// Adds a handler for `POST` that does the service's work, and so meets its faults first.
    public mutating func postWork(_ path: String, _ faults: Faults, _ handler: @escaping HTTPHandler) {
        post(path) { request in
            try await faults.inject(on: request.loop)
            return try await handler(request)
        }
    }

    /// Adds `/admin/delay`, `/admin/fail` and `/admin/faults`.
    mutating func addAdministration(_ faults: Faults, _ log: Logger) {
        post("/admin/delay") { request in
            let seconds = try request.json().number("seconds", in: Faults.delays)
            faults.delaySeconds = seconds
            log.info("the injected delay was set", [.seconds: "\(seconds)"])
            return .object { $0.field("delay_seconds", seconds) }
        }
        post("/admin/fail") { request in
            let fails = try request.json().bool("enabled")
            faults.fails = fails
            log.info(fails ? "injected failure was switched on" : "injected failure was switched off")
            return .object { $0.field("fail_enabled", fails) }
        }
        get("/admin/faults") { _ in
            .object {
                $0.field("delay_seconds", faults.delaySeconds)
                $0.field("fail_enabled", faults.fails)
            }
        }
    }
}
