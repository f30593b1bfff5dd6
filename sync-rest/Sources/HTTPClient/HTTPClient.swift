internal import CCurl
internal import Glibc
public import ServiceKit
public import Tracing

/// An HTTP client on libcurl's multi interface that lives on an event loop: a thousand calls wait without a thread.
///
/// Connections are kept alive and shared by all endpoints. libcurl sends a POST again by itself when a kept connection
/// dies under it, so what is called must be idempotent.
///
/// `@unchecked Sendable`: everything happens on the loop's thread, which the public members check.
public final class HTTPClient: EventSource, DescriptorWatcher, @unchecked Sendable {
    private struct Socket {
        var isWatched = false
        /// Kept alive between two calls; left in the epoll, since the next call mostly follows at once.
        var isIdle = false
        var interest: EventLoop.Interest = []
        /// Whether it was opened for a connection, and is not one of libcurl's own.
        var isConnection = false
    }

    private let loop: EventLoop
    private let multi: UnsafeMutableRawPointer
    private var sockets: [Socket] = []
    /// The calls under way: what keeps their transfers alive.
    private var active: [UnsafeMutableRawPointer: Transfer] = [:]
    /// When libcurl wants to be called though nothing happens.
    public private(set) var deadline: EventLoop.Nanoseconds?
    private var hasNews = false
    private var isClosed = false

    /// libcurl's own set-up, once a process.
    private static let isSetUp = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Makes a client on a loop, called on its thread.
    ///
    /// - Parameter keptConnections: so many idle connections are kept at most.
    public init(on loop: EventLoop, keptConnections: Int = 1024) {
        loop.preconditionOnLoop()
        precondition(HTTPClient.isSetUp, "libcurl cannot be set up")
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory") }
        self.loop = loop
        self.multi = multi
        let context = Unmanaged.passUnretained(self).toOpaque()
        lab_multi_set_long(multi, CURLMOPT_MAXCONNECTS, keptConnections)
        lab_multi_set_socket(
            multi,
            { _, socket, what, client, _ in
                Unmanaged<HTTPClient>.fromOpaque(client!).takeUnretainedValue().watch(socket, what)
                return 0
            }, context)
        lab_multi_set_timer(
            multi,
            { _, milliseconds, client in
                Unmanaged<HTTPClient>.fromOpaque(client!).takeUnretainedValue().setTimer(milliseconds)
                return 0
            }, context)
        loop.add(self)
    }

    deinit { assert(isClosed, "an HTTP client must be closed before it is let go") }

    // MARK: Calls

    /// Sends a POST with a JSON body and waits for the reply, whatever its status.
    ///
    /// - Parameters:
    ///   - body: JSON text.
    ///   - context: goes along in the headers, with a span of its own for this call.
    /// - Throws: ``HTTPClientError`` where no reply came.
    public func post(
        _ endpoint: Endpoint, _ body: [UInt8], _ context: RequestContext
    ) async throws(HTTPClientError) -> HTTPReply {
        loop.preconditionOnLoop()
        guard !isClosed else { throw HTTPClientError(.cancelled, mayHaveArrived: false, "the client is closed") }
        let transfer = endpoint.idle.popLast() ?? Transfer(endpoint, self)
        let easy = transfer.easy
        let key = UInt(bitPattern: easy)
        let call = transfer.call &+ 1
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { completion in
                transfer.prepare(body, context, completion)
                active[easy] = transfer
                curl_multi_add_handle(multi, easy)
            }
        } onCancel: {
            loop.perform { self.cancel(key, call) }
        }
        return try result.get()
    }

    private func cancel(_ key: UInt, _ call: Int) {
        guard let easy = UnsafeMutableRawPointer(bitPattern: key), let transfer = active[easy], transfer.call == call
        else { return }
        let error = HTTPClientError(.cancelled, mayHaveArrived: transfer.wasSent, "the call was cancelled")
        finish(transfer, .failure(error))
    }

    private func finish(_ transfer: Transfer, _ result: Result<HTTPReply, HTTPClientError>) {
        curl_multi_remove_handle(multi, transfer.easy)
        active[transfer.easy] = nil
        let completion = transfer.completion
        transfer.completion = nil
        let endpoint = transfer.endpoint
        if endpoint.idle.count < Endpoint.mostIdle && !isClosed { endpoint.idle.append(transfer) }
        completion?.resume(returning: result)
    }

    /// Ends all calls as cancelled, and returns when those who made them have gone on.
    public func cancelCalls() async {
        loop.preconditionOnLoop()
        endCalls()
        // Their tasks are the loop's jobs now, which come before its timers.
        await loop.sleep(seconds: 0.01)
    }

    private func endCalls() {
        for (easy, transfer) in active { cancel(UInt(bitPattern: easy), transfer.call) }
    }

    /// Ends all calls as cancelled, and closes all connections.
    public func close() {
        loop.preconditionOnLoop()
        guard !isClosed else { return }
        isClosed = true
        endCalls()
        loop.remove(self)
        curl_multi_cleanup(multi)
    }

    // MARK: Turns

    /// Gives libcurl its time-outs, and ends the calls that it is done with.
    public func takeTurn() {
        if let deadline, deadline <= EventLoop.now() {
            self.deadline = nil
            act(on: CURL_SOCKET_TIMEOUT, 0)
        }
        guard hasNews else { return }
        hasNews = false
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = message.pointee.data.result
            guard let easy = message.pointee.easy_handle, let transfer = active[easy] else { continue }
            finish(transfer, transfer.outcome(code))
        }
    }

    private func act(on socket: curl_socket_t, _ events: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, events, &running)
        hasNews = true
    }

    private func setTimer(_ milliseconds: Int) {
        deadline = milliseconds < 0 ? nil : EventLoop.now() &+ EventLoop.Nanoseconds(milliseconds) * 1_000_000
    }

    // MARK: Sockets

    /// Tells libcurl what happened on one of its sockets.
    public func descriptorIsReady(_ descriptor: Int32, _ interest: EventLoop.Interest) {
        guard Int(descriptor) < sockets.count, sockets[Int(descriptor)].isWatched else { return }
        if sockets[Int(descriptor)].isIdle {
            // The other side closed it, most likely: libcurl finds out when it wants to use it again.
            unwatch(descriptor)
            return
        }
        var events: Int32 = 0
        if interest.contains(.read) { events |= CURL_CSELECT_IN }
        if interest.contains(.write) { events |= CURL_CSELECT_OUT }
        if !interest.isDisjoint(with: .failure) { events |= CURL_CSELECT_ERR }
        act(on: descriptor, events)
    }

    private func watch(_ descriptor: curl_socket_t, _ what: Int32) {
        makeRoom(for: descriptor)
        let index = Int(descriptor)
        if what == CURL_POLL_REMOVE {
            if sockets[index].isConnection && sockets[index].interest == .read {
                sockets[index].isIdle = true
            } else {
                unwatch(descriptor)
            }
            return
        }
        sockets[index].isIdle = false
        var interest: EventLoop.Interest = []
        if what & CURL_POLL_IN != 0 { interest.insert(.read) }
        if what & CURL_POLL_OUT != 0 { interest.insert(.write) }
        guard !sockets[index].isWatched || sockets[index].interest != interest else { return }
        sockets[index].isWatched = true
        sockets[index].interest = interest
        loop.watch(descriptor, interest, self)
    }

    private func unwatch(_ descriptor: Int32) {
        sockets[Int(descriptor)].isWatched = false
        sockets[Int(descriptor)].isIdle = false
        loop.unwatch(descriptor)
    }

    private func makeRoom(for descriptor: Int32) {
        let missing = Int(descriptor) + 1 - sockets.count
        if missing > 0 { sockets.append(contentsOf: repeatElement(Socket(), count: max(64, missing))) }
    }

    /// Has libcurl open and close its connections' sockets by way of this client, which must know them.
    func setSocketCallbacks(_ easy: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        lab_set_open_socket(
            easy,
            { client, _, address in
                let address = address!.pointee
                let flags = Int32(SOCK_CLOEXEC.rawValue)
                let descriptor = socket(address.family, address.socktype | flags, address.protocol)
                guard descriptor >= 0 else { return CURL_SOCKET_BAD }
                let client = Unmanaged<HTTPClient>.fromOpaque(client!).takeUnretainedValue()
                client.makeRoom(for: descriptor)
                client.sockets[Int(descriptor)] = Socket(isConnection: true)
                return descriptor
            }, context)
        lab_set_close_socket(
            easy,
            { client, descriptor in
                let client = Unmanaged<HTTPClient>.fromOpaque(client!).takeUnretainedValue()
                client.unwatch(descriptor)
                client.sockets[Int(descriptor)] = Socket()
                return Glibc.close(descriptor)
            }, context)
    }
}
