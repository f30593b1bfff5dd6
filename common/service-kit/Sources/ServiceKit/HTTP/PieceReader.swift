internal import CMicroHTTPD

/// Gives libmicrohttpd a body in pieces, and its client the time for each piece.
///
/// libmicrohttpd holds a retained reference until it destroys the response: when the body was sent, or when the client has left.
///
/// `@unchecked Sendable`: used on the loop's thread only.
final class PieceReader: @unchecked Sendable {
    private let pieces: BodyPieces
    private let client: ClientConnection?
    private let limit: EventLoop.Nanoseconds

    /// How much libmicrohttpd reads at once at most, in bytes. For a chunked body it is what is left of the connection's memory.
    private static let blockSize = 64 * 1024

    private init(_ pieces: BodyPieces, _ client: ClientConnection?, limit: EventLoop.Nanoseconds) {
        self.pieces = pieces
        self.client = client
        self.limit = limit
    }

    /// A response whose body is made while it is sent; `nil` if there is no memory for it.
    ///
    /// - Parameter limit: the time that a client has for a short piece, in nanoseconds.
    static func response(
        _ pieces: BodyPieces, for client: ClientConnection?, limit: EventLoop.Nanoseconds
    ) -> OpaquePointer? {
        let read: MHD_ContentReaderCallback = { reader, _, target, size in
            guard let reader, let target else { return -2 }  // MHD_CONTENT_READER_END_WITH_ERROR
            let count = Unmanaged<PieceReader>.fromOpaque(reader).takeUnretainedValue()
                .read(into: UnsafeMutableRawBufferPointer(start: target, count: size))
            return count > 0 ? count : -1  // MHD_CONTENT_READER_END_OF_STREAM
        }
        let free: MHD_ContentReaderFreeCallback = { reader in
            guard let reader else { return }
            Unmanaged<PieceReader>.fromOpaque(reader).release()
        }
        let reader = Unmanaged.passRetained(PieceReader(pieces, client, limit: limit))
        // The size is not known: MHD_SIZE_UNKNOWN.
        let made = MHD_create_response_from_callback(.max, blockSize, read, reader.toOpaque(), free)
        if made == nil { reader.release() }
        return made
    }

    private func read(into room: UnsafeMutableRawBufferPointer) -> Int {
        pieces.read(into: room) { client?.answers($0, limit: limit, at: EventLoop.now()) }
    }
}
