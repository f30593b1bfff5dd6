/// How far a group has read its partitions, and what of that it has committed.
public struct ReadProgress: Sendable, Equatable {
    /// Where each partition is read on.
    public private(set) var next: Offsets
    /// What the group has committed, as far as that is known.
    public private(set) var committed: Offsets

    /// Begins at these offsets.
    public init(next: Offsets = [:], committed: Offsets = [:]) {
        self.next = next
        self.committed = committed
    }

    /// What the broker is yet to be told.
    public var uncommitted: Offsets { next.filter { committed[$0.key] != $0.value } }

    /// Moves on in a partition, from the offset of what was read to the one behind it.
    ///
    /// Also where that is behind what was read before: librdkafka goes back, to the first record (`auto.offset.reset`), only
    /// where the log is shorter than that, since it was lost. What is there now is new, whatever its offsets.
    ///
    /// - Returns: whether the partition began anew.
    public mutating func move(_ place: TopicPartition, from offset: Int64, to end: Int64) -> Bool {
        let isAnew = offset < next[place] ?? 0
        // The group's offsets may have gone with the log.
        if isAnew { committed[place] = nil }
        next[place] = end
        return isAnew
    }

    /// Notes what the broker has been told.
    public mutating func noteCommitted(_ offsets: Offsets) { committed.merge(offsets) { $1 } }

    /// Forgets what was committed, so that all of it is told again.
    public mutating func forgetCommitted() { committed = [:] }
}
