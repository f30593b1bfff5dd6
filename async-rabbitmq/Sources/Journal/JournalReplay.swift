/// What a journal's records are applied to: the memory of a service.
public protocol JournaledState: AnyObject {
    /// Everything is forgotten, for it is told anew.
    func forget()
    /// Takes what a snapshot's beginning says.
    func restoreBeginning(_ reader: inout BinaryReader) throws(JournalDamage)
    /// Takes the entries of a record, or of a snapshot's piece.
    ///
    /// What was taken already must do no harm: a piece may hold what a record after the snapshot's beginning tells again.
    ///
    /// - Parameters:
    ///   - record: the number of the record; for a piece, that of the snapshot's beginning.
    ///   - isOfSnapshot: whether the entries are those of a piece.
    func restore(_ reader: inout BinaryReader, record: UInt64, isOfSnapshot: Bool) throws(JournalDamage)
}

/// Reads a journal from some record on, and has the service's memory follow it: the newest whole snapshot first, if it begins
/// there, and then every record.
///
/// A snapshot is written in pieces, between which other records stand. So these are held back until the snapshot is whole. If its
/// end is missing, its writer was killed, and it is passed over.
///
/// A journal that was founded after a loss begins with a snapshot of what its founder still knew. It is taken in any case, without
/// holding anything back: whatever there is of it is more than nothing. A value without I/O.
public struct JournalReplay: Sendable {
    /// The journal that is read; `nil` until a record has told it.
    public private(set) var identity: JournalIdentity?
    /// The last record that was read.
    public private(set) var last: UInt64?
    /// The epoch of the last record.
    public private(set) var epoch: UInt32 = 0
    /// Whether the memory holds everything up to ``last``.
    public private(set) var isWhole: Bool
    /// Where the last record stood in the stream.
    public private(set) var offset: Int64?
    /// Where the newest snapshot that was read as a whole began, in the stream.
    public private(set) var snapshotOffset: Int64?
    /// What it costs to read again the records that were read, or those behind the newest whole snapshot if there is one: see
    /// ``JournalRecord/readingCost(ofBytes:)``.
    public private(set) var cost = 0
    /// What it costs to read that snapshot; `nil` if there is none.
    public private(set) var snapshotCost: Int?
    /// Whether records of another journal stood in the stream.
    public private(set) var hasForeign = false
    /// Messages that are no records.
    public private(set) var strayCount = 0
    /// Whether the journal was founded after another one had been lost.
    public private(set) var isAfterLoss = false

    private struct Snapshot: Sendable {
        let begin: UInt64
        let offset: Int64?
        /// What it costs to read what stands before it.
        let costBefore: Int
        /// Whether its pieces are taken.
        let isTaken: Bool
        var pieces: UInt64 = 0
        var heldBack: [(record: UInt64, entries: [UInt8])] = []
    }
    private var snapshot: Snapshot?
    /// Records up to this one are known already, and passed over.
    private let known: UInt64?
    /// Whether that record was found in the stream.
    private var hasMetKnown = false

    /// Reads from wherever the first record stands.
    ///
    /// - Parameter identity: the journal that is meant; `nil` for the one that is found.
    public init(_ identity: JournalIdentity?) {
        self.identity = identity
        isWhole = false
        known = nil
    }

    /// Reads what follows a record, up to which the memory holds everything. That record itself must be read again: if it is not
    /// there any more, the stream is not the one that it was, although nothing may be missing in between.
    public init(_ identity: JournalIdentity, after last: UInt64, epoch: UInt32) {
        self.identity = identity
        self.last = last
        self.epoch = epoch
        isWhole = true
        known = last
    }

    /// Takes the next message of the stream.
    ///
    /// - Throws: ``JournalDamage`` if the journal cannot be relied on; then nothing further may be read.
    public mutating func take(
        _ body: [UInt8], at offset: Int64?, into state: some JournaledState
    ) throws(JournalDamage) {
        guard let record = try read(body) else { return strayCount += 1 }
        if record.content == .barrier { return }
        if identity == nil { identity = record.identity }
        guard record.identity == identity else { return hasForeign = true }
        if let known, record.number <= known {
            if record.number == known { hasMetKnown = true }
            return
        }
        if let last {
            guard record.number > last else { throw .twice(record.number) }
            guard record.number == last + 1 else { throw .gap(after: last, before: record.number) }
        }
        guard record.epoch >= epoch else { throw .twice(record.number) }
        (last, epoch, self.offset) = (record.number, record.epoch, offset ?? self.offset)
        cost += JournalRecord.readingCost(ofBytes: body.count)
        try follow(record, offset, state)
    }

    /// - Returns: `nil` if it is no record of this journal's, but what somebody else has published to the stream.
    private func read(_ body: [UInt8]) throws(JournalDamage) -> JournalRecord? {
        do throws(JournalDamage) {
            return try JournalRecord.read(body)
        } catch {
            guard let identity, JournalRecord.identity(of: body) != identity else { throw error }
            return nil
        }
    }

    private mutating func follow(
        _ record: JournalRecord, _ offset: Int64?, _ state: some JournaledState
    ) throws(JournalDamage) {
        switch record.content {
        case .founded(let isAfterLoss, _):
            guard record.number == 0 else { throw .malformed("a journal begins in its middle") }
            self.isAfterLoss = isAfterLoss
            isWhole = true
            state.forget()
        case .entries(let entries):
            if isWhole {
                try apply(entries, record.number, state)
            } else {
                snapshot?.heldBack.append((record.number, entries))
            }
        case .snapshotBegin(let beginning):
            let isFirst = isAfterLoss && record.number == 1
            let own = JournalRecord.readingCost(ofBytes: JournalRecord.headerLength + beginning.count)
            snapshot = Snapshot(
                begin: record.number, offset: offset, costBefore: cost - own, isTaken: !isWhole || isFirst)
            guard !isWhole || isFirst else { return }
            state.forget()
            var reader = BinaryReader(beginning)
            try state.restoreBeginning(&reader)
        case .snapshotPiece(let begin, let entries):
            guard snapshot?.begin == begin else { return }
            snapshot?.pieces += 1
            if snapshot?.isTaken == true { try apply(entries, begin, state, isOfSnapshot: true) }
        case .snapshotEnd(let begin, let pieces): try end(begin, pieces, state)
        case .barrier: break
        }
    }

    private mutating func end(
        _ begin: UInt64, _ pieces: UInt64, _ state: some JournaledState
    ) throws(JournalDamage) {
        guard let whole = snapshot, whole.begin == begin else { return }
        guard whole.pieces == pieces else { throw .malformed("a snapshot has lost pieces") }
        snapshotOffset = whole.offset ?? snapshotOffset
        (snapshotCost, cost) = (cost - whole.costBefore, 0)
        if !isWhole { for (number, entries) in whole.heldBack { try apply(entries, number, state) } }
        isWhole = true
        snapshot = nil
    }

    private func apply(
        _ entries: [UInt8], _ record: UInt64, _ state: some JournaledState, isOfSnapshot: Bool = false
    ) throws(JournalDamage) {
        var reader = BinaryReader(entries)
        while !reader.isAtEnd { try state.restore(&reader, record: record, isOfSnapshot: isOfSnapshot) }
    }

    /// Says what is wrong when all that there is was read.
    ///
    /// - Parameter expected: the number of a record that is known to have been written; `nil` if none is.
    public func check(expecting expected: UInt64?) throws(JournalDamage) {
        guard let last else {
            if hasForeign { throw .foreign }
            if expected != nil { throw strayCount > 0 ? .withoutBeginning : .gone }
            if strayCount > 0 { throw .withoutBeginning }
            return
        }
        guard isWhole else { throw .withoutBeginning }
        // If there are later records, those before them may have been dropped for their age.
        if let known, last == known, !hasMetKnown { throw hasForeign ? .foreign : .gone }
        if let expected, last < expected { throw .shorter(isUpTo: last, was: expected) }
    }
}
