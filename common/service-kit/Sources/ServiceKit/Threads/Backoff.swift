/// How long to wait before trying again: doubled from one attempt to the next, up to a limit.
///
/// Each pause is spread by a fifth either way, so that services which lost the same broker do not come back in step.
public struct Backoff: Sendable, Equatable {
    private let limits: ClosedRange<Double>
    private var pause: Double

    /// Starts with the shortest pause, in seconds.
    public init(_ limits: ClosedRange<Double> = 0.1...5) {
        self.limits = limits
        pause = limits.lowerBound
    }

    /// The seconds to wait now; the next wait is twice as long, but never longer than the limit.
    ///
    /// - Parameter spread: 0 to 1, what chance decides.
    public mutating func next(spread: Double = .random(in: 0...1)) -> Double {
        let now = pause
        pause = min(pause * 2, limits.upperBound)
        return min(now * (0.8 + 0.4 * spread), limits.upperBound)
    }

    /// It worked: the next wait is the shortest again.
    public mutating func reset() { pause = limits.lowerBound }
}
