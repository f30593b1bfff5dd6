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
struct SnapshotState {
    /// How many bytes were written since the last snapshot.
    private(set) var bytes = 0
    /// How many bytes the last snapshot had, or has so far, with the records that stand in between.
    private var lastLength = 0
    /// Both as they were when the snapshot began that is being written.
    private var before = (bytes: 0, lastLength: 0)
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

    mutating func count(_ length: Int) {
        if isBeingWritten || end != nil { lastLength += length } else { bytes += length }
    }

    /// So many bytes stand in the journal already, behind a snapshot of so many if one was found.
    mutating func read(_ length: Int, afterSnapshotOf snapshotLength: Int?) {
        if let snapshotLength { (bytes, lastLength) = (0, snapshotLength) }
        bytes += length
    }

    func isDue(_ interval: Int) -> Bool {
        !isBeingWritten && end == nil && bytes >= max(interval, lastLength)
    }

    mutating func start(_ begin: UInt64, at offset: Int64) {
        (self.begin, self.offset, pieces, isBeingWritten, end) = (begin, offset, 0, true, nil)
        before = (bytes, lastLength)
        (bytes, lastLength) = (0, 0)
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
        (bytes, lastLength) = (before.bytes + lastLength, before.lastLength)
    }
}
