internal import CMicroHTTPD
internal import Glibc
internal import Tracing

/// One request on its way in and its response on its way out.
///
/// libmicrohttpd holds a retained reference from the first call of the access handler until `NOTIFY_COMPLETED`.
///
/// `@unchecked Sendable`: used on the loop's thread only; the handler's task runs there as well.
final class HTTPExchange: @unchecked Sendable {
    private enum State {
        /// The body is coming in.
        case receiving
        /// The handler runs within the access callback.
        case handling
        /// The handler awaits something and the connection is suspended.
        case suspended
        /// The response was queued, or the connection is gone.
        case done
    }

    private let server: HTTPServer
    private let connection: OpaquePointer
    private let client: ClientConnection?
    private let head: RequestHead
    private let method: String
    private let path: String
    private let context: RequestContext
    private var state = State.receiving
    private var body: [UInt8] = []
    private var received = 0
    /// The response of a handler that did not suspend.
    private var immediate: HTTPResponse?

    init(
        _ server: HTTPServer, _ connection: OpaquePointer, method: UnsafePointer<CChar>, path: UnsafePointer<CChar>,
        version: UnsafePointer<CChar>
    ) {
        self.server = server
        self.connection = connection
        client = ClientConnection.of(connection)
        self.method = String(cString: method)
        self.path = String(cString: path)
        head = RequestHead(connection, method: method, version: version)
        context = head.context()
        client?.headIsHere(at: server.begin(self))
    }

    // MARK: The calls of the access handler

    /// The first call: the head is here, nothing of the body.
    func begin() -> MHD_Result {
        if let problem = head.problem { return queue(HTTPError.badRequest(problem).response, closing: true) }
        let length = head.contentLength ?? 0
        // A client that waits for "100 Continue" has not sent the body yet, and reads the 413 at once. Of any other client the body is
        // read first, unless it is too long for that: then the connection is closed.
        if length > HTTPServer.bodyLimit && (head.expectsContinue || length > HTTPServer.discardLimit) {
            return queue(HTTPError.payloadTooLarge.response, closing: true)
        }
        body.reserveCapacity(min(length, HTTPServer.bodyLimit))
        return .YES
    }

    func receive(_ piece: UnsafeRawBufferPointer) -> MHD_Result {
        received += piece.count
        if received > HTTPServer.discardLimit { return .NO }
        if received > HTTPServer.bodyLimit {
            body = []
        } else {
            body.append(contentsOf: piece)
        }
        return .YES
    }

    /// The last call: all is here, and a response may be queued.
    func handle() -> MHD_Result {
        guard state == .receiving else { return .YES }
        client?.requestIsHere()
        guard server.origins.allows(method: method, origin: head.origin, host: head.host) else {
            return queue(HTTPError.forbiddenOrigin.response)
        }
        guard received <= HTTPServer.bodyLimit else { return queue(HTTPError.payloadTooLarge.response) }
        let request = HTTPRequest(
            method: method, path: path, body: body, context: context, rawIdempotencyKey: head.idempotencyKey,
            accept: head.accept, query: head.query, loop: server.loop)
        body = []
        state = .handling
        Task.immediate(executorPreference: server.loop) {
            let response = await self.server.router.respond(to: request, log: self.server.log)
            if self.state == .suspended {
                self.resume(response)
            } else {
                self.immediate = response
            }
        }
        if let immediate { return queue(immediate) }
        state = .suspended
        MHD_suspend_connection(connection)
        return .YES
    }

    private func resume(_ response: HTTPResponse) {
        _ = queue(response)
        MHD_resume_connection(connection)
        server.wantTurn()
    }

    /// libmicrohttpd is through with the request, for whatever reason.
    func connectionIsDone() {
        state = .done
        client?.requestIsDone(at: EventLoop.now())
        server.end(self)
    }

    // MARK: The response

    private func queue(_ response: HTTPResponse, closing: Bool = false) -> MHD_Result {
        guard state != .done else { return .NO }
        state = .done
        client?.answers(response.body.count, limit: server.limits.requestTime, at: EventLoop.now())
        guard let made = made(response) else { return .NO }
        defer { MHD_destroy_response(made) }
        if !response.contentType.isEmpty { MHD_add_response_header(made, "Content-Type", response.contentType) }
        MHD_add_response_header(made, RequestContext.Name.requestID, context.requestID ?? "")
        for header in response.headers { MHD_add_response_header(made, header.name, header.value) }
        if head.origin != .missing {
            let headers = server.origins.headers(of: response, to: method, head)
            for header in headers { MHD_add_response_header(made, header.name, header.value) }
        }
        if closing || server.isDraining { MHD_add_response_header(made, "Connection", "close") }
        if server.log.isEnabled(.debug) {
            server.log.debug(
                "answered",
                [.httpMethod: method, .httpPath: path, .httpStatus: "\(response.status)"], of: context)
        }
        return MHD_queue_response(connection, UInt32(response.status), made)
    }

    private func made(_ response: HTTPResponse) -> OpaquePointer? {
        if let pieces = response.pieces {
            let made = PieceReader.response(pieces, for: client, limit: server.limits.requestTime)
            // libmicrohttpd 0.9.75 sends the last, empty chunk also in answer to HEAD, and its client would take that for the
            // beginning of the next answer. Without chunks the end of the body is the end of the connection.
            if method == "HEAD", let made { lab_mhd_end_with_connection(made) }
            return made
        }
        return response.body.withUnsafeBytes { lab_mhd_response($0.baseAddress, $0.count) }
    }
}

/// libmicrohttpd's access handler: the first call makes the exchange, the next ones bring the body, the last one asks.
let accessHandler: MHD_AccessHandlerCallback = {
    server, connection, path, method, version, piece, size, context in
    guard let server, let connection, let path, let method, let version, let size, let context else { return .NO }
    if let exchange = context.pointee {
        let exchange = Unmanaged<HTTPExchange>.fromOpaque(exchange).takeUnretainedValue()
        guard size.pointee > 0 else { return exchange.handle() }
        let count = size.pointee
        size.pointee = 0
        return exchange.receive(UnsafeRawBufferPointer(start: piece, count: count))
    }
    let exchange = HTTPExchange(
        Unmanaged<HTTPServer>.fromOpaque(server).takeUnretainedValue(), connection, method: method, path: path,
        version: version)
    context.pointee = Unmanaged.passRetained(exchange).toOpaque()
    return exchange.begin()
}
