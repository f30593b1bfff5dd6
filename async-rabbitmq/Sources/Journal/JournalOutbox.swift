internal import Containers

/// What is to be written to a journal, many entries in one record: group commit, as databases do it.
///
/// While a few records are on their way to the broker, entries gather in the next one, which is sent when one of those was
/// confirmed. So a single entry is written at once, and a thousand that come together share a record. A value without I/O.
struct JournalOutbox<Token: Sendable>: Sendable {
    private struct Waiting: Sendable {
        let number: UInt64
        let content: Content
        var tokens: [Token] = []
    }
    private enum Content: Sendable {
        /// Entries, to which further ones may be added.
        case entries(BinaryWriter)
        case other(JournalRecord.Content)
    }

    let identity: JournalIdentity
    let epoch: UInt32
    private var next: UInt64
    private var waiting = Deque<Waiting>()
    /// The entries that are gathered; they become the record `next`.
    private var gathered = BinaryWriter(capacity: 4096)
    private var tokens: [Token] = []
    private var isGathering = false
    /// Whether somebody waits for what is gathered.
    private var isUrgent = false
    /// The records that are not confirmed yet, oldest first.
    private var inFlight = Deque<(number: UInt64, tokens: [Token], isConfirmed: Bool)>()
    /// How many tokens of the oldest one were taken.
    private var takenCount = 0

    /// So many records are on their way at once.
    static var mostInFlight: Int { 4 }
    /// A record is not added to if it has so many bytes.
    static var fullLength: Int { 64 * 1024 }

    /// Writes what follows a record.
    init(_ identity: JournalIdentity, epoch: UInt32, after last: UInt64?) {
        self.identity = identity
        self.epoch = epoch
        next = last.map { $0 + 1 } ?? 0
    }

    /// Whether everything was written and confirmed.
    var isEmpty: Bool { inFlight.isEmpty && waiting.isEmpty && !isGathering }

    /// Whether nothing waits to be sent that could not be sent at once.
    var isIdle: Bool { waiting.isEmpty && inFlight.count < Self.mostInFlight }

    /// The last record up to which all are confirmed; `nil` if the first one is not.
    var confirmed: UInt64? {
        let first = inFlight.first?.number ?? waiting.first?.number ?? next
        return first == 0 ? nil : first - 1
    }

    /// The last number that was given to a record, the one that is being gathered included.
    var newest: UInt64? {
        let end = isGathering ? next + 1 : next
        return end == 0 ? nil : end - 1
    }

    /// Adds an entry to the record that is being gathered.
    ///
    /// - Parameters:
    ///   - token: is given back when the record is confirmed.
    ///   - isUrgent: whether somebody waits for it; if not, the record may be sent later, with what comes until then.
    ///   - write: writes the entry; it may write none.
    /// - Returns: the number of the record.
    @discardableResult
    mutating func append(_ token: Token?, isUrgent: Bool, _ write: (inout BinaryWriter) -> Void) -> UInt64 {
        if gathered.count >= Self.fullLength { close() }
        isGathering = true
        if isUrgent { self.isUrgent = true }
        write(&gathered)
        if let token { tokens.append(token) }
        return next
    }

    /// Adds a record of its own.
    ///
    /// - Returns: its number.
    @discardableResult
    mutating func append(_ content: JournalRecord.Content) -> UInt64 {
        close()
        waiting.append(Waiting(number: next, content: .other(content)))
        next += 1
        return next - 1
    }

    /// Ends the record that is being gathered, if there is one.
    private mutating func close() {
        guard isGathering else { return }
        waiting.append(Waiting(number: next, content: .entries(gathered), tokens: tokens))
        next += 1
        (gathered, tokens, isGathering, isUrgent) = (BinaryWriter(capacity: 4096), [], false, false)
    }

    /// Whether entries are gathered that nobody waits for.
    var isLazy: Bool { isGathering && !isUrgent && waiting.isEmpty }

    /// The next record to be sent; `nil` if there is none, or as many are on their way as may be.
    ///
    /// - Parameter all: whether entries that nobody waits for are sent too.
    mutating func pop(all: Bool) -> JournalRecord? {
        guard inFlight.count < Self.mostInFlight else { return nil }
        if waiting.isEmpty, isUrgent || all { close() }
        guard let first = waiting.popFirst() else { return nil }
        inFlight.append((first.number, first.tokens, false))
        let content: JournalRecord.Content =
            switch first.content {
            case .entries(let writer): .entries(writer.bytes)
            case .other(let content): content
            }
        return JournalRecord(identity, epoch: epoch, number: first.number, content)
    }

    /// Notes that a record was confirmed; ``popSafe()`` then gives the tokens.
    mutating func confirm(_ number: UInt64) {
        guard let first = inFlight.first, number >= first.number, number - first.number < inFlight.count else {
            return
        }
        inFlight[Int(number - first.number)].isConfirmed = true
    }

    /// Takes the token of the next entry that is safe: an entry is safe once its record and all before it are confirmed.
    ///
    /// A record is one of the ``confirmed`` when nothing is left to be taken of it. So if a token cannot be dealt with, its record
    /// is read again.
    ///
    /// - Returns: `nil` if there is none.
    mutating func popSafe() -> Token? {
        while let first = inFlight.first, first.isConfirmed {
            if takenCount < first.tokens.count {
                takenCount += 1
                return first.tokens[takenCount - 1]
            }
            takenCount = 0
            inFlight.popFirst()
        }
        return nil
    }
}
