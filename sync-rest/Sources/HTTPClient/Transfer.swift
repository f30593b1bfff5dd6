internal import CCurl
internal import Glibc
internal import Tracing

/// One of libcurl's easy handles with the buffers that it reads from, used for one call after another.
///
/// Belongs to the client's loop. Its header list is its own memory, written over for each call, so that a call
/// allocates nothing.
final class Transfer {
    typealias Completion = UnsafeContinuation<Result<HTTPReply, HTTPClientError>, Never>

    let easy: UnsafeMutableRawPointer
    let endpoint: Endpoint
    /// Told when the call ends; `nil` between calls.
    var completion: Completion?
    /// Which call this is, so that a late cancellation does not hit the next one.
    private(set) var call = 0
    private(set) var reply: [UInt8] = []
    /// Whether the empty line after the headers has come: libcurl takes a reply that is cut off before it for a success.
    private var headIsComplete = false

    private let headers: UnsafeMutablePointer<curl_slist>
    private let contentType: UnsafeMutablePointer<CChar>
    private let requestID = HeaderLine(
        RequestContext.Name.requestID, longest: RequestContext.requestIDLengths.upperBound)
    private let traceparent = HeaderLine(RequestContext.Name.traceparent, longest: 55)
    private let tracestate = HeaderLine(RequestContext.Name.tracestate, longest: 512)
    private var body: UnsafeMutableRawBufferPointer
    /// A reply of more bytes is refused.
    static let replyLimit = 64 * 1024

    init(_ endpoint: Endpoint, _ client: HTTPClient) {
        guard let easy = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle") }
        self.easy = easy
        self.endpoint = endpoint
        headers = .allocate(capacity: 4)
        contentType = strdup("Content-Type: application/json")
        headers[0] = curl_slist(data: contentType, next: headers + 1)
        headers[1] = curl_slist(data: requestID.text, next: headers + 2)
        headers[2] = curl_slist(data: traceparent.text, next: nil)
        headers[3] = curl_slist(data: tracestate.text, next: nil)
        body = .allocate(byteCount: 512, alignment: 1)
        setUp(client)
    }

    deinit {
        curl_easy_cleanup(easy)
        headers.deallocate()
        free(contentType)
        body.deallocate()
    }

    private func setUp(_ client: HTTPClient) {
        let milliseconds = Int((endpoint.timeout * 1000).rounded(.up))
        lab_set_pointer(easy, CURLOPT_CURLU, UnsafeMutableRawPointer(endpoint.parts))
        lab_set_text(easy, CURLOPT_PROXY, "")  // never by way of what the environment calls a proxy
        lab_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        lab_set_long(easy, CURLOPT_POST, 1)
        lab_set_long(easy, CURLOPT_NOSIGNAL, 1)
        lab_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds)
        lab_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
        // libcurl allocates this buffer for each call. A small one comes from the allocator's own list of free pieces.
        lab_set_long(easy, CURLOPT_BUFFERSIZE, 1024)
        // Older than this, a kept connection is not used again: the lab's servers close theirs after 30 s.
        lab_set_long(easy, CURLOPT_MAXAGE_CONN, 25)
        // A container that comes back may have another address, and one that is gone none: each new connection asks anew.
        lab_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0)
        lab_set_headers(easy, headers)
        lab_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress)
        lab_set_pointer(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
        lab_set_write(
            easy,
            { piece, size, count, transfer in
                let transfer = Unmanaged<Transfer>.fromOpaque(transfer!).takeUnretainedValue()
                return transfer.receive(UnsafeRawBufferPointer(start: piece, count: size * count))
            }, Unmanaged.passUnretained(self).toOpaque())
        lab_set_header(
            easy,
            { line, size, count, transfer in
                let transfer = Unmanaged<Transfer>.fromOpaque(transfer!).takeUnretainedValue()
                transfer.receiveHeader(UnsafeRawBufferPointer(start: line, count: size * count))
                return size * count
            }, Unmanaged.passUnretained(self).toOpaque())
        client.setSocketCallbacks(easy)
    }

    /// Makes everything ready for a call.
    func prepare(_ bytes: [UInt8], _ context: RequestContext, _ completion: Completion) {
        call &+= 1
        self.completion = completion
        reply.removeAll(keepingCapacity: true)
        headIsComplete = false
        if bytes.count > body.count {
            body.deallocate()
            body = .allocate(byteCount: bytes.count, alignment: 1)
            lab_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress)
        }
        body.copyBytes(from: bytes)
        lab_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        inject(context)
    }

    /// Puts a context into the headers. This is the one place that does so for HTTP.
    private func inject(_ context: RequestContext) {
        requestID.set(context.requestID ?? "")
        let trace = context.trace.child()
        traceparent.set(trace.traceparent)
        if let state = trace.state { tracestate.set(state) }
        headers[2].next = trace.state == nil ? nil : headers + 3
    }

    private func receiveHeader(_ line: UnsafeRawBufferPointer) {
        if line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
            headIsComplete = true
        } else if line.starts(with: "HTTP/".utf8) {
            // The reply itself, after a "100 Continue".
            headIsComplete = false
        }
    }

    private func receive(_ piece: UnsafeRawBufferPointer) -> Int {
        // Any other count than the piece's ends the transfer with CURLE_WRITE_ERROR.
        guard reply.count + piece.count <= Transfer.replyLimit else { return 0 }
        reply.append(contentsOf: piece)
        return piece.count
    }

    /// What the call came to, once libcurl says that it is done.
    func outcome(_ code: CURLcode) -> Result<HTTPReply, HTTPClientError> {
        guard code == CURLE_OK else { return .failure(HTTPClientError(code, mayHaveArrived: wasSent)) }
        guard headIsComplete else {
            return .failure(HTTPClientError(.broken, mayHaveArrived: true, "the reply ended within its head"))
        }
        var status = 0
        lab_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return .success(HTTPReply(status: status, body: reply))
    }

    /// Whether anything of the request went out, on this or an earlier connection of the same call.
    var wasSent: Bool {
        var size = 0
        lab_get_long(easy, CURLINFO_REQUEST_SIZE, &size)
        return size > 0
    }
}

/// The memory of one header line, whose value is written anew for each call.
private final class HeaderLine {
    /// `Name: value`, ended by NUL, as libcurl takes it.
    let text: UnsafeMutablePointer<CChar>
    private let start: Int
    private let longest: Int

    /// - Parameter longest: so many bytes of a value are sent at most.
    init(_ name: String, longest: Int) {
        let prefix = name + ": "
        start = prefix.utf8.count
        self.longest = longest
        text = .allocate(capacity: start + longest + 1)
        strcpy(text, prefix)
    }

    deinit { text.deallocate() }

    func set(_ value: String) {
        var value = value
        let count = value.withUTF8 { utf8 in
            let count = min(utf8.count, longest)
            if let bytes = utf8.baseAddress { memcpy(text + start, bytes, count) }
            return count
        }
        text[start + count] = 0
    }
}
