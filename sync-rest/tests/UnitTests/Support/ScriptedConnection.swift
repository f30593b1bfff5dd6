import Glibc

/// A request as it came to a ``ScriptedServer``.
struct ScriptedRequest: Sendable {
    /// Which connection it came on, counted from 0.
    let connection: Int
    let method: String
    let path: String
    /// Names in lower case.
    let headers: [String: String]
    let body: String
    let arrival: ContinuousClock.Instant
}

/// What a ``ScriptedServer`` does to a request.
struct ScriptedAction: Sendable {
    enum Ending: Sendable { case keepAlive, close, reset }

    /// Sent as they are.
    let bytes: [UInt8]
    /// What becomes of the connection then.
    let ending: Ending
    /// Whether nothing happens until the test says what.
    var isHeld = false

    /// A proper reply with JSON in it; the connection is kept.
    static func reply(_ status: Int = 200, _ body: String = "{}") -> ScriptedAction {
        bytes(
            "HTTP/1.1 \(status) Scripted\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body)
    }

    /// A proper reply whose body comes in chunks.
    static func chunked(_ pieces: String...) -> ScriptedAction {
        let chunks = (pieces + [""]).map { String($0.utf8.count, radix: 16) + "\r\n\($0)\r\n" }
        return bytes("HTTP/1.1 200 Scripted\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks.joined())
    }

    /// These very bytes, and then this.
    static func bytes(_ text: String, then ending: Ending = .keepAlive) -> ScriptedAction {
        ScriptedAction(bytes: Array(text.utf8), ending: ending)
    }

    /// Closes the connection without a reply.
    static let close = ScriptedAction(bytes: [], ending: .close)
    /// Resets the connection without a reply.
    static let reset = ScriptedAction(bytes: [], ending: .reset)
    /// Does nothing, for ever or until the test says what.
    static let hold = ScriptedAction(bytes: [], ending: .keepAlive, isHeld: true)
}

/// One connection of a ``ScriptedServer``; belongs to its thread.
final class ScriptedConnection {
    let descriptor: Int32
    private let number: Int
    /// Whether its request waits for the test.
    var isHeld = false
    private var buffer: [UInt8] = []

    init(_ descriptor: Int32, number: Int) {
        self.descriptor = descriptor
        self.number = number
        // A client that gave up no longer reads: the rest of a long reply is not waited for long.
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Reads what is there; `false` where the other side has ended the connection.
    func receive() -> Bool {
        var piece = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count > 0 else { return false }
        buffer += piece[..<count]
        return true
    }

    /// Takes a request out of what was read, once it is complete.
    func nextRequest() -> ScriptedRequest? {
        let text = String(decoding: buffer, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        let target = lines[0].split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count < 2 ? "" : String(parts[1].drop { $0 == " " })
        }
        let head = text[..<end.upperBound].utf8.count
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        guard buffer.count >= head + length else { return nil }
        defer { buffer.removeFirst(head + length) }
        return ScriptedRequest(
            connection: number, method: String(target[0]), path: String(target[1]), headers: headers,
            body: String(decoding: buffer[head..<head + length], as: UTF8.self), arrival: .now)
    }

    /// Sends as much as the other side takes.
    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Has ``close()`` send RST instead of FIN.
    func resetWhenClosed() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    func close() { Glibc.close(descriptor) }
}
