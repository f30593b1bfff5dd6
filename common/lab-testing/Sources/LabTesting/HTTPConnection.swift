internal import Glibc

/// A kept-alive HTTP/1.1 connection for tests: blocking, small, and able to send what no proper client would.
///
/// It adds nothing of its own to what it measures: one `send` and as many `recv` as the reply takes. When a reply is there, it
/// is held against the service's own description, and what is not described fails the test; a measurement says
/// `isChecked: false`. Bytes that ``write(_:)-(String)`` sends, and the replies to them, are not checked.
public final class HTTPConnection {
    /// A reply that was read to its end.
    public struct Reply: Sendable {
        /// The status code.
        public let status: Int
        /// The headers, names in lower case.
        public let headers: [String: String]
        /// The body.
        public let body: [UInt8]

        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What went wrong on the connection, such as `"closed before the reply was complete"`.
    public struct Failure: Error, CustomStringConvertible {
        /// What went wrong.
        public let description: String
    }

    /// A request that was sent and not answered yet.
    private struct Begun {
        let method: String
        let target: String
        let headers: [String: String]
        let body: String?
        let isChecked: Bool
    }

    private let descriptor: Int32
    private let host: String
    private let port: Int
    private let checks: DescriptionChecks?
    private var begun: [Begun] = []
    private var buffer: [UInt8] = []

    private var authority: String { "\(host):\(port)" }

    /// Connects.
    ///
    /// - Parameters:
    ///   - timeout: seconds that one read or write may take.
    ///   - isChecked: whether replies are held against the service's description; `false` for a server that is no service.
    /// - Throws: ``Failure`` where nobody listens.
    public convenience init(
        port: Int, host: String = "127.0.0.1", timeout: Int = 90, isChecked: Bool = true
    ) throws(Failure) {
        try self.init(port: port, host: host, timeout: timeout, checks: isChecked ? .shared : nil)
    }

    /// The same, with checks of a test's own.
    init(port: Int, host: String = "127.0.0.1", timeout: Int = 90, checks: DescriptionChecks?) throws(Failure) {
        self.port = port
        self.host = host
        self.checks = checks
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        var seconds = timeval(tv_sec: timeout, tv_usec: 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &seconds, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &seconds, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            // The descriptor is closed by `deinit`, which a throw from here runs too.
            throw Failure(description: "cannot connect to \(authority): \(String(cString: strerror(errno)))")
        }
    }

    deinit { Glibc.close(descriptor) }

    /// Sends a request and waits for its reply.
    ///
    /// - Parameter isChecked: whether the reply is held against the service's description.
    public func send(
        _ method: String, _ path: String, body: String? = nil, headers: [String: String] = [:], isChecked: Bool = true,
        file: StaticString = #filePath, line: UInt = #line
    ) throws(Failure) -> Reply {
        try begin(method, path, body: body, headers: headers, isChecked: isChecked)
        return try reply(file: file, line: line)
    }

    /// Sends a request; ``reply(withBody:file:line:)`` waits for its reply, which is held against the service's description.
    public func begin(
        _ method: String, _ path: String, body: String? = nil, headers: [String: String] = [:], isChecked: Bool = true
    ) throws(Failure) {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(authority)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
        try write(head + "\r\n" + (body ?? ""))
        begun.append(
            Begun(method: method, target: path, headers: headers, body: body, isChecked: isChecked))
    }

    /// Sends these very bytes.
    public func write(_ text: String) throws(Failure) { try write(Array(text.utf8)) }

    /// Sends these very bytes.
    public func write(_ bytes: [UInt8]) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "cannot send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// Reads one reply, with a length or chunked; one to `HEAD` has no body.
    public func reply(
        withBody: Bool = true, file: StaticString = #filePath, line: UInt = #line
    ) throws(Failure) -> Reply {
        guard !begun.isEmpty else { return try read(withBody: withBody) }
        let request = begun.removeFirst()
        let reply = try read(withBody: withBody && request.method != "HEAD")
        if request.isChecked { check(reply, to: request, file, line) }
        return reply
    }

    private func check(_ reply: Reply, to request: Begun, _ file: StaticString, _ line: UInt) {
        let exchange = APIExchange(
            method: request.method, target: request.target, requestHeaders: request.headers.map { ($0, $1) },
            requestBody: Array((request.body ?? "").utf8), status: reply.status,
            responseHeaders: reply.headers.map { ($0, $1) }, responseBody: reply.body)
        checks?.check(exchange, host: host, port: port, file: file, line: line)
    }

    private func read(withBody: Bool) throws(Failure) -> Reply {
        let lines = try text(upTo: "\r\n\r\n").split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        guard let status else { throw Failure(description: "this is no HTTP reply: \(lines.first ?? "")") }
        if status == 100 { return try read(withBody: withBody) }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        var body: [UInt8] = []
        if !withBody { return Reply(status: status, headers: headers, body: body) }
        if headers["transfer-encoding"] == "chunked" {
            while true {
                let size = Int(try text(upTo: "\r\n"), radix: 16) ?? 0
                body += try take(size)
                _ = try take(2)
                if size == 0 { break }
            }
        } else {
            body = try take(headers["content-length"].flatMap { Int($0) } ?? 0)
        }
        return Reply(status: status, headers: headers, body: body)
    }

    /// Waits for the other side to close, and gives what came before that.
    public func readToEnd() throws(Failure) -> [UInt8] {
        while try receive() {}
        defer { buffer = [] }
        return buffer
    }

    /// Reads up to a mark, such as the empty line after a head, and drops the mark.
    public func text(upTo mark: String) throws(Failure) -> String {
        let mark = Array(mark.utf8)
        var searched = 0
        while true {
            if buffer.count >= mark.count, searched <= buffer.count - mark.count {
                for start in searched...(buffer.count - mark.count)
                where buffer[start..<start + mark.count].elementsEqual(mark) {
                    defer { buffer.removeFirst(start + mark.count) }
                    return String(decoding: buffer[..<start], as: UTF8.self)
                }
                searched = buffer.count - mark.count + 1
            }
            guard try receive() else { throw Failure(description: "closed before the reply was complete") }
        }
    }

    private func take(_ count: Int) throws(Failure) -> [UInt8] {
        while buffer.count < count {
            guard try receive() else { throw Failure(description: "closed before the reply was complete") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// Reads what is there; `false` at the end.
    private func receive() throws(Failure) -> Bool {
        var result = 0
        let piece = [UInt8](unsafeUninitializedCapacity: 65536) { piece, count in
            result = recv(descriptor, piece.baseAddress, piece.count, 0)
            count = max(0, result)
        }
        if result < 0 {
            let timedOut = errno == EAGAIN || errno == EWOULDBLOCK
            throw Failure(description: timedOut ? "timed out" : "cannot receive: \(String(cString: strerror(errno)))")
        }
        buffer += piece
        return result > 0
    }
}
