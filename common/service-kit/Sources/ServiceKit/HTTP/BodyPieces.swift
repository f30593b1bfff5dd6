/// A body that is made in pieces while it is sent. It holds two pieces at most.
///
/// `@unchecked Sendable`: it is made by a handler and then given to the server, so one thread after the other uses it; both
/// are the loop's.
package final class BodyPieces: @unchecked Sendable {
    private var piece: [UInt8]
    /// How much of the piece was read.
    private var readCount = 0
    /// The piece after this one, if it was made already.
    private var following: [UInt8]?
    private let next: @Sendable () -> [UInt8]?

    init(_ first: [UInt8], _ second: [UInt8], _ next: @escaping @Sendable () -> [UInt8]?) {
        piece = first
        following = second
        self.next = next
    }

    /// Copies what comes next of the body, as far as there is room.
    ///
    /// - Parameters:
    ///   - room: at least one byte.
    ///   - onNewPiece: is told the size of a piece whose first byte is about to be read.
    /// - Returns: how many bytes were copied; 0 only at the end.
    package func read(into room: UnsafeMutableRawBufferPointer, onNewPiece: (Int) -> Void) -> Int {
        while readCount == piece.count {
            guard let piece = following ?? next() else { return 0 }
            (self.piece, readCount, following) = (piece, 0, nil)
            onNewPiece(piece.count)
        }
        let count = min(room.count, piece.count - readCount)
        piece.withUnsafeBytes {
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[readCount..<readCount + count]))
        }
        readCount += count
        return count
    }
}
