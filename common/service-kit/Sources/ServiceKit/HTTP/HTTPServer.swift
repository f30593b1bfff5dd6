internal import CMicroHTTPD
internal import Glibc

/// An HTTP/1.1 server on libmicrohttpd that lives on an event loop.
///
/// A handler that does not suspend answers within the access callback, without a further job; one that does leaves its
/// connection suspended, which holds no thread. The server belongs to its loop: create it and call it there.
///
/// `@unchecked Sendable`: every member checks or is only reached from the loop's thread.
public final class HTTPServer: EventSource, DescriptorWatcher, @unchecked Sendable {
    /// The most that a body may have, in bytes.
    public static let bodyLimit = 64 * 1024
    /// Up to here a body that is too long is read and dropped, so that its sender gets to see the 413.
    static let discardLimit = 64 * 1024 * 1024

    let loop: EventLoop
    let router: Router
    let log: Logger
    let origins: OriginPolicy
    let limits: Limits
    private let listener: HTTPListener
    /// `nil` once stopped.
    private var daemon: OpaquePointer?
    private var mustRun = true
    /// Whether it takes no new connections and closes the old ones after their next response.
    private(set) var isDraining = false
    /// Requests whose head has been read and whose response has not been sent.
    private(set) var inFlight = 0
    private var lastActivity = EventLoop.now()
    /// The open connections, by descriptor.
    private var clients: [Int32: ClientConnection] = [:]
    /// When the connections are looked at next for one whose client takes too long.
    private var nextLook: EventLoop.Nanoseconds = 0
    /// The time between two such looks.
    private static let lookInterval: EventLoop.Nanoseconds = 1_000_000_000

    /// Limits of one server.
    public struct Limits: Sendable {
        /// Connections at once; further ones wait in the kernel's queue.
        public var connections = 8192
        /// Seconds without progress after which an idle or stalled connection is closed.
        public var idleSeconds: UInt32 = 30
        /// Seconds in which the whole of a request, head and body, must have come, and a short answer be taken.
        public var requestSeconds = 30.0

        var requestTime: EventLoop.Nanoseconds { EventLoop.Nanoseconds(requestSeconds * 1e9) }

        /// The defaults.
        public init() {}
    }

    /// Starts serving on a socket that listens.
    ///
    /// - Throws: ``HTTPServerError`` where libmicrohttpd does not start.
    public init(
        on loop: EventLoop, listener: HTTPListener, router: Router, log: Logger, limits: Limits = Limits(),
        origins: OriginPolicy = OriginPolicy()
    ) throws(HTTPServerError) {
        loop.preconditionOnLoop()
        self.loop = loop
        self.listener = listener
        self.router = router
        self.log = log
        self.limits = limits
        self.origins = origins
        HTTPServer.logPanics()
        let flags = MHD_USE_EPOLL.rawValue | MHD_USE_TURBO.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
        let context = Unmanaged.passUnretained(self).toOpaque()
        var options = HTTPServer.options(listener, limits, context)
        daemon = lab_mhd_start(flags, accessHandler, context, &options)
        guard let daemon else { throw HTTPServerError(reason: String(cString: strerror(errno))) }
        loop.watch(lab_mhd_epoll_fd(daemon), .read, self)
        loop.add(self)
    }

    deinit { assert(daemon == nil, "an HTTP server must be stopped before it is let go") }

    private static func options(
        _ listener: HTTPListener, _ limits: Limits, _ context: UnsafeMutableRawPointer
    ) -> [MHD_OptionItem] {
        // A connection's buffers: head and reply of every request of the lab fit many times.
        let connectionMemory = 16 * 1024
        let completed: MHD_RequestCompletedCallback = { _, _, exchange, _ in
            guard let exchange = exchange?.pointee else { return }
            Unmanaged<HTTPExchange>.fromOpaque(exchange).takeRetainedValue().connectionIsDone()
        }
        let changed: MHD_NotifyConnectionCallback = { server, connection, context, what in
            guard let server, let connection, let context else { return }
            let owner = Unmanaged<HTTPServer>.fromOpaque(server).takeUnretainedValue()
            if Int(what.rawValue) == lab_mhd_connection_started {
                context.pointee = Unmanaged.passUnretained(owner.connected(lab_mhd_descriptor(connection))).toOpaque()
            } else {
                context.pointee = nil
                owner.disconnected(lab_mhd_descriptor(connection))
            }
        }
        // A decoded NUL would end the C string, and the path would be another one: such a text stays encoded.
        let unescape: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int = {
            _, _, text in
            guard let text else { return 0 }
            return strstr(text, "%00") == nil ? MHD_http_unescape(text) : strlen(text)
        }
        return [
            MHD_OptionItem(option: .LISTEN_SOCKET, value: Int(listener.descriptor), ptr_value: nil),
            MHD_OptionItem(option: .CONNECTION_LIMIT, value: limits.connections, ptr_value: nil),
            MHD_OptionItem(option: .CONNECTION_TIMEOUT, value: Int(limits.idleSeconds), ptr_value: nil),
            MHD_OptionItem(option: .CONNECTION_MEMORY_LIMIT, value: connectionMemory, ptr_value: nil),
            MHD_OptionItem(option: .STRICT_FOR_CLIENT, value: 1, ptr_value: nil),
            MHD_OptionItem(
                option: .NOTIFY_COMPLETED, value: unsafeBitCast(completed, to: Int.self), ptr_value: context),
            MHD_OptionItem(
                option: .NOTIFY_CONNECTION, value: unsafeBitCast(changed, to: Int.self), ptr_value: context),
            MHD_OptionItem(option: .UNESCAPE_CALLBACK, value: unsafeBitCast(unescape, to: Int.self), ptr_value: nil),
            MHD_OptionItem(option: .END, value: 0, ptr_value: nil),
        ]
    }

    /// Misuse of libmicrohttpd ends the process: at least it says where.
    private static func logPanics() {
        MHD_set_panic_func(
            { _, file, line, reason in
                let reason = reason.map { String(cString: $0) } ?? "no reason given"
                let file = file.map { String(cString: $0) } ?? "?"
                writeToStandardError("libmicrohttpd gave up at \(file):\(line): \(reason)\n")
                abort()
            }, nil)
    }

    // MARK: Turns

    /// Something happened on one of its connections: it wants a turn.
    public func descriptorIsReady(_ descriptor: Int32, _ interest: EventLoop.Interest) { mustRun = true }

    /// When libmicrohttpd wants to look after its time-outs.
    public var deadline: EventLoop.Nanoseconds? {
        guard let daemon else { return nil }
        if mustRun { return 0 }
        let look = clients.isEmpty ? nil : nextLook
        var milliseconds: UInt64 = 0
        guard MHD_get_timeout(daemon, &milliseconds) == .YES else { return look }
        let wanted = EventLoop.now() &+ EventLoop.Nanoseconds(min(milliseconds, 3_600_000)) * 1_000_000
        return min(wanted, look ?? wanted)
    }

    /// Reads, answers and writes what can be without waiting.
    public func takeTurn() {
        guard let daemon else { return }
        lookAtClients()
        var milliseconds: UInt64 = 0
        guard mustRun || (MHD_get_timeout(daemon, &milliseconds) == .YES && milliseconds == 0) else { return }
        mustRun = false
        let before = lab_mhd_connections(daemon)
        MHD_run(daemon)
        // At its limit, or without a descriptor left, libmicrohttpd stops listening. It begins again only in the run after
        // the one that closed a connection, and no event would bring that about.
        if lab_mhd_connections(daemon) < before { wantTurn() }
    }

    /// A connection was resumed, or has work: the server wants a turn.
    func wantTurn() {
        mustRun = true
        loop.wantAnotherTurn()
    }

    // MARK: Connections

    private func connected(_ descriptor: Int32) -> ClientConnection {
        let now = EventLoop.now()
        if clients.isEmpty { nextLook = now &+ HTTPServer.lookInterval }
        let client = ClientConnection(descriptor, at: now)
        clients[descriptor] = client
        return client
    }

    private func disconnected(_ descriptor: Int32) { clients[descriptor] = nil }

    /// Cuts off clients that have taken too long with a request, or with an answer.
    private func lookAtClients() {
        guard !clients.isEmpty else { return }
        let now = EventLoop.now()
        guard now >= nextLook else { return }
        nextLook = now &+ HTTPServer.lookInterval
        for client in clients.values where client.isTooSlow(at: now, limit: limits.requestTime) { client.cutOff() }
    }

    // MARK: Requests

    /// - Returns: the time.
    func begin(_ exchange: HTTPExchange) -> EventLoop.Nanoseconds {
        inFlight += 1
        lastActivity = EventLoop.now()
        return lastActivity
    }

    func end(_ exchange: HTTPExchange) {
        inFlight -= 1
        if isDraining { lastActivity = EventLoop.now() }
    }

    // MARK: Stopping

    /// Takes no new connections, answers every request that was begun, and closes all connections.
    ///
    /// Connections that wait in the kernel's queue are taken first: their senders see them as accepted. One that has
    /// sent nothing yet gets a tenth of a second to do so. The listener is closed at once, so that later ones are refused
    /// and do not wait for an answer that never comes.
    ///
    /// - Parameter deadline: when to give up waiting.
    /// - Returns: how many requests were still unanswered then.
    public func drain(until deadline: EventLoop.Nanoseconds) async -> Int {
        loop.preconditionOnLoop()
        guard let daemon else { return 0 }
        isDraining = true
        acceptWaitingConnections(daemon)
        if MHD_quiesce_daemon(daemon) >= 0 { listener.close() }
        lastActivity = EventLoop.now()
        while EventLoop.now() < deadline {
            let isQuiet = EventLoop.now() > lastActivity + 100_000_000
            if inFlight == 0 && (isQuiet || lab_mhd_connections(daemon) == 0) { break }
            await loop.sleep(seconds: 0.01)
        }
        return inFlight
    }

    /// libmicrohttpd takes a few at each run, and none where its limit is reached. So there are as many runs as the queue
    /// has places at most; how many connections there are after one says nothing, for it may have closed as many.
    private func acceptWaitingConnections(_ daemon: OpaquePointer) {
        var runs = 0
        while listener.hasWaitingConnection, runs < HTTPListener.queueLength {
            MHD_run(daemon)
            runs += 1
        }
    }

    /// Closes what is left. Call it after ``drain(until:)`` has returned 0: a suspended connection cannot be closed.
    public func stop() {
        loop.preconditionOnLoop()
        guard let daemon, inFlight == 0 else { return }
        loop.remove(self)
        loop.unwatch(lab_mhd_epoll_fd(daemon))
        self.daemon = nil
        MHD_stop_daemon(daemon)
    }
}

/// libmicrohttpd did not start.
public struct HTTPServerError: Error, CustomStringConvertible {
    let reason: String
    /// One line with the system's reason.
    public var description: String { "the HTTP server does not start: \(reason)" }
}
