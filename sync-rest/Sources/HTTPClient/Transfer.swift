internal import CCurl
internal import Glibc

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
    private let requestIDHeader: UnsafeMutablePointer<CChar>
    private static let requestIDPrefix = "X-Request-Id: "
    private static let longestRequestID = 128
    private var body: UnsafeMutableRawBufferPointer
    /// A reply of more bytes is refused.
    static let replyLimit = 64 * 1024

    init(_ endpoint: Endpoint, _ client: HTTPClient) {
        guard let easy = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle") }
        self.easy = easy
        self.endpoint = endpoint
        headers = .allocate(capacity: 2)
        contentType = strdup("Content-Type: application/json")
        requestIDHeader = .allocate(capacity: Transfer.requestIDPrefix.utf8.count + Transfer.longestRequestID + 1)
        strcpy(requestIDHeader, Transfer.requestIDPrefix)
        headers[0] = curl_slist(data: contentType, next: headers + 1)
        headers[1] = curl_slist(data: requestIDHeader, next: nil)
        body = .allocate(byteCount: 512, alignment: 1)
        setUp(client)
    }

    deinit {
        curl_easy_cleanup(easy)
        headers.deallocate()
        free(contentType)
        requestIDHeader.deallocate()
        body.deallocate()
    }

    private func setUp(_ client: HTTPClient) {
        let milliseconds = Int((endpoint.timeout * 1000).rounded(.up))
        lab_set_text(easy, CURLOPT_URL, endpoint.url)
        lab_set_text(easy, CURLOPT_PROXY, "")  // never by way of what the environment calls a proxy
        lab_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        lab_set_long(easy, CURLOPT_POST, 1)
        lab_set_long(easy, CURLOPT_NOSIGNAL, 1)
        lab_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds)
        lab_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
        lab_set_long(easy, CURLOPT_BUFFERSIZE, 4096)
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
    func prepare(_ bytes: [UInt8], requestID: String, _ completion: Completion) {
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
        write(requestID)
    }

    /// Writes the header's value over that of the last call.
    private func write(_ requestID: String) {
        var end = requestIDHeader + Transfer.requestIDPrefix.utf8.count
        for byte in requestID.utf8.prefix(Transfer.longestRequestID) {
            end.pointee = CChar(bitPattern: byte)
            end += 1
        }
        end.pointee = 0
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
