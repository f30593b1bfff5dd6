public import StrictJSON
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

extension Route {
    /// The same route, if it does the service's work, and so meets its faults first.
    public func working(_ faults: Faults) -> Route {
        first(.error(500, .injectedFailure, "this service was told to fail")) { request in
            try await faults.inject(on: request.loop)
        }
    }
}

extension Faults {
    /// How long each piece of work is held back.
    public static let seconds = Field.number(
        "seconds", "How long each piece of work is held back, in seconds.", in: Faults.delays, example: 2)
    private static let enabled = Field.boolean("enabled", "Whether each piece of work fails.", example: true)

    private static let delayProperty = JSONSchema.Property("delay_seconds", seconds.schema)
    private static let failProperty = JSONSchema.Property("fail_enabled", enabled.schema)

    /// Describes `/admin/delay`, `/admin/fail` and `/admin/faults`.
    func routes(_ log: Logger) -> [Route] {
        [
            .post(
                "/admin/delay",
                Route.Operation(
                    "setDelay", .administration, "Holds back each piece of work",
                    "The delay acts on the service's work only, never on health, administration or lists."),
                takes: .this(.body(Faults.seconds)),
                answers: [.json("The delay was set", .object([Faults.delayProperty]))]
            ) { _, seconds in
                self.delaySeconds = seconds
                log.info("the injected delay was set", [.seconds: "\(seconds)"])
                return .object { $0.field("delay_seconds", seconds) }
            },
            .post(
                "/admin/fail",
                Route.Operation(
                    "setFailure", .administration, "Has each piece of work fail",
                    "A request is answered with 500. A message is kept and tried again until the fault is gone."),
                takes: .this(.body(Faults.enabled)),
                answers: [.json("The fault was set", .object([Faults.failProperty]))]
            ) { _, fails in
                self.fails = fails
                log.info(fails ? "injected failure was switched on" : "injected failure was switched off")
                return .object { $0.field("fail_enabled", fails) }
            },
            .get(
                "/admin/faults", Route.Operation("getFaults", .administration, "Tells the faults that are set"),
                answers: [.json("The faults", .object([Faults.delayProperty, Faults.failProperty]))]
            ) { _ in
                .object {
                    $0.field("delay_seconds", self.delaySeconds)
                    $0.field("fail_enabled", self.fails)
                }
            },
        ]
    }
}
