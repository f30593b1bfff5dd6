/// The headers of a dead letter, which say what is wrong with a record and where it stands.
public enum DeadLetterHeader: String, Sendable, CaseIterable {
    /// What is wrong, in one sentence.
    case reason
    /// The topic of the record.
    case topic
    /// The partition of the record, in decimal digits.
    case partition
    /// The offset of the record, in decimal digits.
    case offset
}
