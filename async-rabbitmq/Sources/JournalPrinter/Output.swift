internal import Glibc

/// The standard output, written without a buffer and without blocking for long: a person may read page by page.
struct Output {
    /// So many bytes a pipe takes at once if it takes any (`PIPE_BUF`).
    private static let pieceLength = 4096

    /// Writes a text.
    ///
    /// - Parameter meanwhile: is called about ten times a second while nobody takes what is written.
    /// - Throws: ``OutputClosed`` if nobody reads any more, ``OutputFailure`` if it cannot be written, or what `meanwhile` throws.
    func write(_ text: String, meanwhile: () throws -> Void) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
            guard poll(&descriptor, 1, 100) > 0 else {
                try meanwhile()
                continue
            }
            let piece = rest.prefix(Self.pieceLength)
            let count = piece.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                throw OutputClosed()
            } else if errno != EINTR && errno != EAGAIN {
                throw OutputFailure(description: "the output cannot be written: \(String(cString: strerror(errno)))")
            }
        }
    }
}

/// Nobody reads the standard output any more.
struct OutputClosed: Error {}

/// The standard output takes nothing.
struct OutputFailure: Error, CustomStringConvertible {
    /// One sentence for a person.
    let description: String
}
