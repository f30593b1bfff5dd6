internal import CLinux
internal import CMicroHTTPD
internal import Glibc

/// One client's connection: what it is doing, and since when, so that no client holds its place for ever.
///
/// libmicrohttpd closes a connection only when nothing at all comes for a while. A client that sends one byte from time to
/// time, or takes one, would stay as long as it likes.
///
/// `@unchecked Sendable`: belongs to the loop's thread.
final class ClientConnection: @unchecked Sendable {
    private enum Phase {
        /// No byte of the next request was seen yet.
        case idle(since: EventLoop.Nanoseconds)
        /// A request is coming in.
        case receiving(since: EventLoop.Nanoseconds)
        /// The request is here, and its answer is being made: that is the service's time, and none of the client's.
        case working
        /// The client takes the answer.
        case answering(until: EventLoop.Nanoseconds)
    }

    private let descriptor: Int32
    private var phase: Phase
    /// Whether a request was answered on it before.
    private var hasBeenUsed = false

    /// A client that takes an answer slower than this, in bytes a second, is cut off.
    private static let slowestReader = 64 * 1024
    /// From when on a connection is looked at, in nanoseconds: nearly all requests are here before.
    private static let grace: EventLoop.Nanoseconds = 1_000_000_000

    init(_ descriptor: Int32, at now: EventLoop.Nanoseconds) {
        self.descriptor = descriptor
        phase = .idle(since: now)
    }

    /// The head of a request has been read.
    func headIsHere(at now: EventLoop.Nanoseconds) {
        if case .idle = phase { phase = .receiving(since: now) }
    }

    /// All of a request has been read.
    func requestIsHere() { phase = .working }

    /// An answer of so many bytes is given to the client, or the next piece of one that is made in pieces.
    func answers(_ count: Int, limit: EventLoop.Nanoseconds, at now: EventLoop.Nanoseconds) {
        let extra = EventLoop.Nanoseconds(count / ClientConnection.slowestReader) * 1_000_000_000
        phase = .answering(until: now &+ limit &+ extra)
    }

    /// The answer was taken: the next request may come.
    func requestIsDone(at now: EventLoop.Nanoseconds) {
        phase = .idle(since: now)
        hasBeenUsed = true
    }

    /// Whether its client has taken too long with a request, or with an answer.
    ///
    /// - Parameter limit: how long a whole request may take, in nanoseconds.
    func isTooSlow(at now: EventLoop.Nanoseconds, limit: EventLoop.Nanoseconds) -> Bool {
        switch phase {
        case .idle(let start):
            // When nothing comes, libmicrohttpd closes it.
            guard now > start &+ ClientConnection.grace, let begin = begin(after: start, now) else { return false }
            phase = .receiving(since: begin)
            return now > begin &+ limit
        case .receiving(let start): return now > start &+ limit
        case .working: return false
        case .answering(let end): return now > end
        }
    }

    /// When the request that is coming in has begun; `nil` when nothing came since a time.
    private func begin(after start: EventLoop.Nanoseconds, _ now: EventLoop.Nanoseconds) -> EventLoop.Nanoseconds? {
        var (bytes, age): (UInt64, UInt32) = (0, 0)
        guard lab_received(descriptor, &bytes, &age) == 0, bytes > 0 else { return nil }
        guard hasBeenUsed else { return start }
        // The end of the last request lies just before the start, by a clock with steps of some milliseconds.
        let last = now - min(now, EventLoop.Nanoseconds(age) * 1_000_000)
        return last > start &+ 10_000_000 ? last : nil
    }

    /// Ends the connection: libmicrohttpd sees its end, and closes it.
    func cutOff() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

extension ClientConnection {
    /// The client of one of libmicrohttpd's connections; `nil` where the connection is being closed.
    static func of(_ connection: OpaquePointer) -> ClientConnection? {
        lab_mhd_socket_context(connection).map { Unmanaged<ClientConnection>.fromOpaque($0).takeUnretainedValue() }
    }
}
