internal import CRabbitMQ
internal import Glibc
public import ServiceKit

/// One connection to the broker through librabbitmq, which belongs to a worker's thread.
///
/// Every member but ``interrupter`` checks that it is called on that thread. The calls that wait for the broker's answer, and
/// connecting itself, block the thread for as long as that takes; nothing else runs there. librabbitmq sends and answers
/// heartbeats only within its calls, so ``nextEvent()`` must be called at least every few seconds, whatever else there is to do.
public final class AMQPConnection {
    let state: amqp_connection_state_t
    private let worker: Worker
    private let thread = pthread_self()
    /// Lets another thread end a call that hangs.
    public let interrupter: AMQPInterrupter
    let memory = CallMemory()
    /// Frames of other channels are passed over: they were under way when those were closed.
    private(set) var openChannels: Set<UInt16> = []
    /// Messages that have come in part, by channel.
    var assemblies: [UInt16: ContentAssembly] = [:]
    private(set) var isClosed = false
    /// Whether the socket holds back what does not fill a packet.
    var isCorked = false
    /// Whether the broker has said that it reads nothing more from this connection until it has memory or disk again.
    public internal(set) var isBlocked = false
    /// The socket, to wait on.
    let descriptor: Int32

    /// Seconds between two heartbeats: librabbitmq ends a connection that was silent for twice as long, RabbitMQ, which looks
    /// once in this time, after two to three times as long.
    public static let heartbeat = 5
    /// So long, in nanoseconds, may pass between two calls of librabbitmq.
    private static let longestWait: EventLoop.Nanoseconds = 2_000_000_000
    /// Seconds that connecting, the handshake and each call that waits for an answer may take.
    static let answerSeconds = 5

    /// Connects and logs in.
    ///
    /// - Parameters:
    ///   - name: what the broker's management shows for the connection.
    ///   - worker: on whose thread this is called, and everything else.
    ///   - interrupter: is told of the socket as soon as there is one.
    /// - Throws: ``AMQPError`` if that fails or takes longer than five seconds for each step.
    public init(
        _ address: AMQPAddress, name: String, on worker: Worker, interrupter: AMQPInterrupter
    ) throws(AMQPError) {
        guard let state = amqp_new_connection() else { throw AMQPError(.couldNotConnect, "out of memory") }
        self.state = state
        self.worker = worker
        self.interrupter = interrupter
        do throws(AMQPError) {
            descriptor = try AMQPConnection.open(state, address, interrupter)
            let reply = lab_amqp_login(
                state, address.virtualHost, Int32(AMQPConnection.heartbeat), name, address.user, address.password)
            try AMQPConnection.check(reply, state, "log in")
        } catch {
            interrupter.forget()
            amqp_destroy_connection(state)
            throw AMQPError.whileConnecting(error)
        }
    }

    deinit { assert(isClosed, "an AMQP connection must be closed before it is let go") }

    private static func open(
        _ state: amqp_connection_state_t, _ address: AMQPAddress, _ interrupter: AMQPInterrupter
    ) throws(AMQPError) -> Int32 {
        guard let socket = try address.authorities == nil ? amqp_tcp_socket_new(state) : tlsSocket(state, address)
        else {
            throw AMQPError(.couldNotConnect, "out of memory")
        }
        let status = lab_amqp_open(state, socket, address.host, Int32(address.port), Int32(answerSeconds))
        guard status == AMQP_STATUS_OK.rawValue else { throw AMQPError(status: status, while: "connect") }
        let descriptor = amqp_get_sockfd(state)
        interrupter.remember(descriptor)
        var milliseconds = Int32(heartbeat * 1000)
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    /// The server's certificate must come from an authority in the file, and bear the host's name; TLS 1.2 at least.
    private static func tlsSocket(
        _ state: amqp_connection_state_t, _ address: AMQPAddress
    ) throws(AMQPError) -> OpaquePointer? {
        guard let socket = amqp_ssl_socket_new(state) else { return nil }
        amqp_ssl_socket_set_verify_peer(socket, 1)
        amqp_ssl_socket_set_verify_hostname(socket, 1)
        guard amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) == AMQP_STATUS_OK.rawValue else {
            throw AMQPError(.notTrusted, "TLS 1.2 is not available")
        }
        guard let file = address.authorities, amqp_ssl_socket_set_cacert(socket, file) == AMQP_STATUS_OK.rawValue else {
            throw AMQPError(.notTrusted, "the file of RABBITMQ_CA_FILE cannot be read as certificates")
        }
        return socket
    }

    /// Says good-bye to the broker if the connection is intact, and frees everything.
    public func close() {
        checkOwner()
        guard !isClosed else { return }
        isClosed = true
        flush()
        if !interrupter.isInterrupted { amqp_connection_close(state, AMQP_REPLY_SUCCESS) }
        free()
    }

    /// Frees everything without a word to the broker, which is gone or does not answer.
    public func abandon() {
        checkOwner()
        guard !isClosed else { return }
        isClosed = true
        free()
    }

    /// The descriptor is forgotten first: once librabbitmq has closed it, its number may be another file's.
    private func free() {
        interrupter.forget()
        worker.forgetDescriptor()
        amqp_destroy_connection(state)
    }

    /// Ends the process if a member is used on another thread, or after the connection's memory was freed.
    func checkThread() {
        checkOwner()
        precondition(!isClosed, "this connection is closed")
    }

    private func checkOwner() {
        precondition(pthread_equal(thread, pthread_self()) != 0, "this connection belongs to another thread")
    }

    /// Before a call that waits for its answer: nothing may be held back.
    func beginCall() {
        checkThread()
        flush()
    }

    // MARK: Channels

    /// Opens a channel. After ``AMQPError/Kind/channelClosed(code:)`` its number may be opened again.
    public func openChannel(_ channel: UInt16) throws(AMQPError) {
        beginCall()
        _ = amqp_channel_open(state, channel)
        try check("open a channel")
        openChannels.insert(channel)
    }

    /// Closes a channel; what was delivered on it and not acknowledged goes back to its queue.
    ///
    /// Its number must not be used again on this connection: messages that were under way would seem to be the new one's.
    public func closeChannel(_ channel: UInt16) throws(AMQPError) {
        beginCall()
        openChannels.remove(channel)
        try AMQPConnection.check(amqp_channel_close(state, channel, AMQP_REPLY_SUCCESS), state, "close a channel")
        assemblies[channel] = nil
    }

    /// Has the broker confirm what is published on a channel: from now on, with tags from 1.
    public func selectConfirms(_ channel: UInt16) throws(AMQPError) {
        beginCall()
        _ = amqp_confirm_select(state, channel)
        try check("ask for confirms")
    }

    // MARK: Waiting

    /// Whether the connection's worker was told to stop: what takes long, such as reading a journal, is then to be broken off.
    public var mustStop: Bool { worker.mustStop }

    /// Whether something was read from the socket that ``nextEvent()`` is yet to give.
    ///
    /// A call that waits for its answer, such as `basic.consume`, reads all that the socket has. Librabbitmq keeps the frames
    /// that are not the answer, and the socket then has nothing to be waited for.
    public var hasUnreadInput: Bool {
        checkThread()
        return amqp_frames_enqueued(state) != 0 || amqp_data_in_buffer(state) != 0
    }

    /// Sends what was held back, and suspends until something may have come from the broker, something was asked of the
    /// worker, or the deadline has come; a few seconds at most, for the sake of heartbeats.
    ///
    /// It does not suspend if ``hasUnreadInput``.
    ///
    /// - Parameter deadline: on the clock of ``EventLoop/now()``; `nil` for none.
    public func wait(until deadline: EventLoop.Nanoseconds? = nil) async {
        flush()
        guard !hasUnreadInput else { return }
        let latest = EventLoop.now() &+ AMQPConnection.longestWait
        await worker.wait(readable: descriptor, until: min(deadline ?? latest, latest))
    }

    // MARK: Replies

    /// Checks the answer of the last call that waits for one.
    func check(_ action: String) throws(AMQPError) {
        try AMQPConnection.check(amqp_get_rpc_reply(state), state, action)
    }

    private static func check(
        _ reply: amqp_rpc_reply_t, _ state: amqp_connection_state_t, _ action: String
    ) throws(AMQPError) {
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return
        case AMQP_RESPONSE_SERVER_EXCEPTION: throw closing(reply.reply, channel: nil, state, action)
        default: throw AMQPError(status: reply.library_error, while: action)
        }
    }

    /// Answers the broker's `channel.close` or `connection.close`, and says what it was about.
    ///
    /// - Parameter channel: the channel of the frame; `nil` if the library does not tell, as for an answer.
    static func closing(
        _ method: amqp_method_t, channel: UInt16?, _ state: amqp_connection_state_t, _ action: String
    ) -> AMQPError {
        guard let decoded = method.decoded else { return AMQPError(.connectionLost, action) }
        if method.id == lab_amqp_channel_close {
            let close = decoded.load(as: amqp_channel_close_t.self)
            if let channel {
                var ok = amqp_channel_close_ok_t()
                amqp_send_method(state, channel, lab_amqp_channel_close_ok, &ok)
            }
            return AMQPError(
                .channelClosed(code: Int(close.reply_code)),
                "\(action): \(close.reply_code) \(copied(close.reply_text))")
        }
        guard method.id == lab_amqp_connection_close else { return AMQPError(.connectionLost, action) }
        let close = decoded.load(as: amqp_connection_close_t.self)
        var ok = amqp_connection_close_ok_t()
        amqp_send_method(state, 0, lab_amqp_connection_close_ok, &ok)
        // 403 access refused, 530 not allowed: a virtual host that is not there, or not for this user.
        let isRefused = close.reply_code == 403 || close.reply_code == 530
        return AMQPError(
            isRefused ? .accessRefused : .connectionLost, "\(action): \(close.reply_code) \(copied(close.reply_text))")
    }
}

extension AMQPError {
    /// Before the log-in has succeeded, a lost connection is one that could not be made.
    static func whileConnecting(_ error: AMQPError) -> AMQPError {
        guard error.kind == .connectionLost || error.kind == .timedOut else { return error }
        return AMQPError(.couldNotConnect, error.description)
    }
}

/// Copies a text that a sender chose; `nil` if it is not UTF-8.
func validated(_ bytes: amqp_bytes_t) -> String? {
    guard let start = bytes.bytes, bytes.len > 0 else { return "" }
    let text = UnsafeRawBufferPointer(start: start, count: bytes.len)
    // Nearly all texts are ASCII, and need no validation: that takes ten times as long as this.
    if text.allSatisfy({ $0 < 0x80 }) { return String(decoding: text, as: UTF8.self) }
    return String(validating: text, as: UTF8.self)
}

/// Copies a text of the broker's, for the log; what is not UTF-8 is replaced.
func copied(_ bytes: amqp_bytes_t) -> String {
    String(
        decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.bytes == nil ? 0 : bytes.len), as: UTF8.self)
}
