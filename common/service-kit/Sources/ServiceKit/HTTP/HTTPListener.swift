internal import Glibc

/// A listening TCP socket, shared by the servers of one service.
public struct HTTPListener: Sendable {
    /// The descriptor; closed by ``close()``.
    let descriptor: Int32
    /// The port it has, also where 0 was asked for.
    public let port: Int
    /// How many clients the kernel connects before the server accepts them.
    static let queueLength: Int32 = 4096

    /// Binds and listens.
    ///
    /// - Parameters:
    ///   - host: an address or name of this machine; the first address that it resolves to is taken.
    ///   - port: 0 to 65535; 0 lets the kernel choose.
    /// - Throws: ``ListenError``, which says whether the port is taken.
    public init(host: String, port: Int) throws(ListenError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, "\(port)", &hints, &found)
        guard failure == 0, let address = found else {
            throw ListenError(host: host, port: port, cause: .host, reason: String(cString: gai_strerror(failure)))
        }
        defer { freeaddrinfo(found) }
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(address.pointee.ai_family, flags, 0)
        var on: Int32 = 1
        // A restart may take the port though old connections are in TIME_WAIT; a second service may not.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0,
            listen(descriptor, HTTPListener.queueLength) == 0
        else {
            let cause: ListenError.Cause =
                switch errno {
                case EADDRINUSE: .portIsTaken
                case EADDRNOTAVAIL: .host
                default: .other
                }
            let reason = cause == .portIsTaken ? "the port is taken" : String(cString: strerror(errno))
            Glibc.close(descriptor)
            throw ListenError(host: host, port: port, cause: cause, reason: reason)
        }
        self.port = HTTPListener.port(of: descriptor)
    }

    private static func port(of descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutableBytes(of: &storage) {
            _ = getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
        }
        return withUnsafeBytes(of: &storage) { bytes in
            // sin_port and sin6_port stand at the same place, in network order.
            Int(UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    /// Whether a client has connected that was not accepted yet.
    var hasWaitingConnection: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    /// Closes the socket: nobody can connect any more.
    public func close() { Glibc.close(descriptor) }
}

/// A socket that could not be opened for listening.
public struct ListenError: Error, CustomStringConvertible {
    /// What is wrong, as far as somebody can do something about it.
    public enum Cause: Sendable {
        /// Somebody else listens there.
        case portIsTaken
        /// This machine has no such address or name.
        case host
        /// The system's own reasons.
        case other
    }

    let host: String
    let port: Int
    /// What is wrong.
    public let cause: Cause
    let reason: String

    /// One line that names the address and what is wrong with it.
    public var description: String { "cannot listen on \(host):\(port): \(reason)" }
}
