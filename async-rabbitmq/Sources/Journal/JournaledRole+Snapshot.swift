internal import AMQPClient

extension JournaledRole {
    /// Begins a snapshot if enough was written since the last one, and writes a piece of it if nothing else is to be written.
    func continueSnapshot(_ connection: AMQPConnection) throws(AMQPError) {
        if snapshot.isDue(settings.snapshotBytes) {
            beginSnapshot()
            try sendRecords(connection)
            reach(snapshotBegun, connection)
        }
        while snapshot.isBeingWritten, outbox?.isIdle == true {
            var writer = BinaryWriter(capacity: SnapshotState.pieceLength + 1024)
            let isLast = work.writePiece(&writer, length: SnapshotState.pieceLength)
            snapshot.pieces += 1
            outbox?.append(.snapshotPiece(begin: snapshot.begin, writer.bytes))
            if isLast {
                snapshot.end = outbox?.append(.snapshotEnd(begin: snapshot.begin, pieces: snapshot.pieces))
                snapshot.isBeingWritten = false
            }
            try sendRecords(connection)
            reach(isLast ? snapshotEnded : snapshotPiece, connection)
        }
    }

    /// From here on the memory is written down: as it is now, with what the records before this one tell.
    func beginSnapshot() {
        var writer = BinaryWriter()
        work.beginSnapshot(&writer)
        guard let begin = outbox?.append(.snapshotBegin(writer.bytes)) else { return }
        snapshot.start(begin, at: offset(of: begin))
    }
}

/// How far a snapshot is, and when the next one is due.
///
/// Costs are those of reading: see ``JournalRecord/readingCost(ofBytes:)``. So what a start has to read behind the last snapshot
/// is bounded, whether the records are many or large.
struct SnapshotState {
    /// The cost of what was written since the last snapshot.
    private(set) var cost = 0
    /// The cost of the last snapshot, or of what there is of it so far, with the records that stand in between.
    private var lastCost = 0
    /// Both as they were when the snapshot began that is being written.
    private var before = (cost: 0, lastCost: 0)
    /// The record that it began with.
    private(set) var begin: UInt64 = 0
    private var offset: Int64 = 0
    var pieces: UInt64 = 0
    var isBeingWritten = false
    /// The record that it ends with, until that is confirmed.
    var end: UInt64?
    /// Where a snapshot began that is whole now.
    private var wholeOffset: Int64?

    /// About so many bytes are one piece: a larger one would keep records of new orders waiting for longer.
    static let pieceLength = 32 * 1024

    /// A record of so many bytes is written.
    mutating func count(bytes: Int) {
        let cost = JournalRecord.readingCost(ofBytes: bytes)
        if isBeingWritten || end != nil { lastCost += cost } else { self.cost += cost }
    }

    /// Records of such a cost stand in the journal already, behind a snapshot if one was found.
    mutating func read(_ cost: Int, afterSnapshotOf snapshotCost: Int?) {
        if let snapshotCost { (self.cost, lastCost) = (0, snapshotCost) }
        self.cost += cost
    }

    /// A large snapshot is not written for a few records: these must come to a quarter of it.
    func isDue(_ interval: Int) -> Bool {
        !isBeingWritten && end == nil && cost >= max(interval, lastCost / 4)
    }

    mutating func start(_ begin: UInt64, at offset: Int64) {
        (self.begin, self.offset, pieces, isBeingWritten, end) = (begin, offset, 0, true, nil)
        before = (cost, lastCost)
        (cost, lastCost) = (0, 0)
    }

    /// All records up to one are confirmed.
    mutating func confirm(upTo confirmed: UInt64?) {
        guard let end, let confirmed, confirmed >= end else { return }
        (self.end, wholeOffset) = (nil, offset)
    }

    /// Where the newest whole snapshot began; told once.
    mutating func takeOffset() -> Int64? {
        defer { wholeOffset = nil }
        return wholeOffset
    }

    /// The connection is gone: the snapshot stays without its end, and is passed over by who reads it.
    mutating func breakOff() {
        guard isBeingWritten || end != nil else { return }
        (isBeingWritten, end) = (false, nil)
        (cost, lastCost) = (before.cost + lastCost, before.lastCost)
    }
}
