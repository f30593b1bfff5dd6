import Glibc

/// A TCP socket bound to a port of 127.0.0.1: until it listens, connections to the port are refused, and nobody else
/// can take it meanwhile.
struct TestSocket: Sendable {
    let descriptor: Int32

    /// Binds to a port, 0 for a free one.
    init(port: Int = 0) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let failed = withAddress(port) { bind(descriptor, $0, $1) }
        precondition(failed == 0, "port \(port) cannot be bound: \(String(cString: strerror(errno)))")
    }

    var port: Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutableBytes(of: &address) {
            _ = getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    func listen(backlog: Int32 = 4096) { _ = Glibc.listen(descriptor, backlog) }

    /// Starts to connect to a port without waiting for it.
    ///
    /// - Returns: whether the connection was there within a fifth of a second.
    func connects(to port: Int) -> Bool {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = withAddress(port) { connect(descriptor, $0, $1) }
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 200) == 1
    }

    func close() { Glibc.close(descriptor) }
}

private func withAddress<Result>(
    _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    return withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

/// A listening socket whose queue is full: the kernel answers no further SYN, so that connecting takes for ever.
struct FullQueue {
    let socket = TestSocket()
    private var fillers: [TestSocket] = []

    init() {
        socket.listen(backlog: 0)
        for _ in 0..<16 {
            let filler = TestSocket()
            fillers.append(filler)
            guard filler.connects(to: socket.port) else { return }
        }
    }

    /// Whether connecting hangs indeed, as it should.
    var isFull: Bool { fillers.count < 16 }

    func close() { for socket in fillers + [socket] { socket.close() } }
}
