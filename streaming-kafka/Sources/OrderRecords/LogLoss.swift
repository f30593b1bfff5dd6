public import KafkaClient

/// How one finds out that a log which state is rebuilt from is not what it was: it was trimmed, is shorter, or is another one.
///
/// A pure value that compares what was once committed with what is there. Topics are told with their names, problems as one
/// sentence each, for the log and for `/ready`.
public struct LogLoss: Sendable {
    /// The problems, each a sentence without a full stop.
    public private(set) var problems: [String] = []

    /// Starts with none.
    public init() {}

    /// Whether nothing is known to be lost.
    public var isEmpty: Bool { problems.isEmpty }

    /// Looks at where partitions begin: what was before that is gone.
    public mutating func checkBeginnings(_ marks: [TopicPartition: (low: Int64, end: Int64)]) {
        for (place, mark) in marks.sorted(by: { "\($0.key)" < "\($1.key)" }) where mark.low > 0 {
            problems.append(
                "\(place.topic) no longer has the first \(mark.low) records of partition \(place.partition)")
        }
    }

    /// Looks at where partitions end: a group cannot have come further.
    ///
    /// - Parameter committed: what a group has committed, asked for before the ends.
    public mutating func checkEnds(_ marks: [TopicPartition: (low: Int64, end: Int64)], committed: Offsets) {
        for (place, mark) in marks.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            guard let offset = committed[place], offset > mark.end else { continue }
            problems.append(
                "\(place.topic) ends at \(mark.end) in partition \(place.partition), where \(offset) was reached before"
            )
        }
    }

    /// Looks at how many outcomes there are: those that were committed must be among them.
    ///
    /// - Parameters:
    ///   - found: how many there are, or at most.
    ///   - told: how many there must be, as a ``DecisionCount`` tells that was asked for before.
    public mutating func checkOutcomes(_ found: Int, told: Int) {
        guard found < told else { return }
        problems.append("\(OrderTopics.outcomes) has \(found) outcomes of \(told) that were committed")
    }
}

/// How many outcomes the log has, as InventoryConsumer tells with each offset that it commits.
///
/// It stands in the metadata of the offset, and so is committed in the same transaction as the outcomes themselves: a log with
/// fewer of them has lost some. Offsets of an earlier version tell nothing.
public enum DecisionCount {
    private static let prefix = "decided="

    /// The metadata that tells a number.
    public static func text(_ count: Int) -> String { prefix + String(count) }

    /// The greatest number that is told; 0 where none is.
    public static func greatest(_ texts: some Sequence<String>) -> Int {
        texts.compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }.max() ?? 0
    }
}
