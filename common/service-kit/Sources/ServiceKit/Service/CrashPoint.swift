internal import Glibc

/// A named point in a service at which a test may have it killed: `LAB_CRASH_AT=decision-journaled` kills it when it comes there,
/// and `LAB_CRASH_AT=decision-journaled:7` when it comes there for the seventh time.
///
/// A kill at a random time rarely hits the moment between two writes. The kill is a real one (SIGKILL), so nothing is finished.
public struct CrashPoint: Sendable {
    private let isPlanned: Bool
    private let visits: Visits

    private final class Visits: @unchecked Sendable {
        var left: Int
        init(_ left: Int) { self.left = left }
    }

    /// Names a point that one thread comes to.
    public init(_ name: String) {
        let plan = Environment.process().string("LAB_CRASH_AT")?.split(separator: ":", maxSplits: 1) ?? []
        isPlanned = plan.first.map { $0 == name } ?? false
        visits = Visits(plan.count == 2 ? Int(plan[1]) ?? 1 : 1)
    }

    /// Whether the service is to be killed here.
    public var isArmed: Bool { isPlanned }

    /// The service is here: if a test wants it so, it ends now.
    public func reach() {
        guard isPlanned else { return }
        visits.left -= 1
        if visits.left <= 0 { kill(getpid(), SIGKILL) }
    }
}
