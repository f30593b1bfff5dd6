internal import Glibc
internal import KafkaClient

/// Which port the mock cluster gets: it asks for any, without a way to say which.
enum EmbeddedPort {
    /// Set once, before the cluster is made and so before any thread that reads it.
    nonisolated(unsafe) static var wanted: UInt16 = 0
}

/// Takes the place of the C library's `bind` in librdkafka: where it asks for any port of IPv4, it gets the wanted one.
///
/// Public, since only then is the symbol exported where the loader finds it before the C library's.
@_cdecl("bind")
public func bindToWantedPort(_ descriptor: Int32, _ address: UnsafeRawPointer?, _ size: UInt32) -> Int32 {
    guard let address, Int(size) >= MemoryLayout<sockaddr_in>.size, EmbeddedPort.wanted != 0 else {
        return EmbeddedSockets.bind(descriptor, address, size)
    }
    var wanted = address.loadUnaligned(as: sockaddr_in.self)
    guard wanted.sin_family == sa_family_t(AF_INET), wanted.sin_port == 0 else {
        return EmbeddedSockets.bind(descriptor, address, size)
    }
    wanted.sin_port = EmbeddedPort.wanted.bigEndian
    // A broker that was killed comes back on its port at once.
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    return EmbeddedSockets.bind(descriptor, &wanted, size)
}

/// Takes the place of the C library's `accept` in librdkafka, which leaves Nagle's algorithm on: that holds small answers
/// back for 40 ms, and no real broker does it.
@_cdecl("accept")
public func acceptWithoutDelay(
    _ descriptor: Int32, _ address: UnsafeMutableRawPointer?, _ size: UnsafeMutablePointer<UInt32>?
) -> Int32 {
    let connection = EmbeddedSockets.accept(descriptor, address, size)
    var one: Int32 = 1
    if connection >= 0 {
        setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }
    return connection
}
