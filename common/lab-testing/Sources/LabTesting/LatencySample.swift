/// Round-trip times of one series of requests, in milliseconds.
public struct LatencySample: Sendable {
    /// What was measured.
    public let name: String
    private var times: [Double] = []

    /// Makes an empty series.
    public init(_ name: String) { self.name = name }

    /// How many requests there were.
    public var count: Int { times.count }

    /// Does `work` and adds how long it took.
    public mutating func measure<Result>(_ work: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock.now
        defer { add(ContinuousClock.now - start) }
        return try work()
    }

    /// Adds one time.
    public mutating func add(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        times.append(Double(seconds) * 1e3 + Double(attoseconds) / 1e15)
    }

    /// The arithmetic mean, 0 of nothing.
    public var mean: Double { times.isEmpty ? 0 : times.reduce(0, +) / Double(times.count) }

    /// The shortest, 0 of nothing.
    public var minimum: Double { times.min() ?? 0 }

    /// The longest, 0 of nothing.
    public var maximum: Double { times.max() ?? 0 }

    /// The percentile by nearest rank: the smallest time that at least `percent` of all do not exceed, with no
    /// interpolation. Of 20 times, the 95th is the 19th and the 99th the longest.
    ///
    /// - Parameter percent: above 0 and up to 100.
    public func percentile(_ percent: Double) -> Double {
        precondition(percent > 0 && percent <= 100)
        guard !times.isEmpty else { return 0 }
        // Multiplied first: 7 / 100 * 100 is a little more than 7.
        let rank = (percent * Double(times.count) / 100).rounded(.up)
        return times.sorted()[max(1, Int(rank)) - 1]
    }

    /// A table of several series, a line each.
    public static func table(_ samples: [LatencySample]) -> String {
        let width = max(12, samples.map(\.name.count).max() ?? 0)
        func row(_ name: String, _ cells: [String]) -> String {
            name + String(repeating: " ", count: width - name.count)
                + cells.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }.joined()
        }
        let head = row("milliseconds", ["n", "min", "mean", "p50", "p95", "p99", "max"])
        let rows = samples.map { sample in
            row(
                sample.name,
                ["\(sample.count)"]
                    + [
                        sample.minimum, sample.mean, sample.percentile(50), sample.percentile(95),
                        sample.percentile(99), sample.maximum,
                    ].map(rounded))
        }
        return ([head] + rows + ["percentiles by nearest rank; with n < 100 the 99th is the longest"])
            .joined(separator: "\n")
    }

    /// Two digits after the point.
    private static func rounded(_ milliseconds: Double) -> String {
        let hundredths = Int((milliseconds * 100).rounded())
        let fraction = "\(hundredths % 100)"
        return "\(hundredths / 100)." + (fraction.count < 2 ? "0" : "") + fraction
    }
}
