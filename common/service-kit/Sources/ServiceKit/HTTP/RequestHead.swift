internal import CMicroHTTPD
internal import Glibc
internal import Tracing

/// What the service needs to know of a request's headers and query, gathered in one pass.
///
/// libmicrohttpd lets some broken heads pass: two lengths (it takes the first), a length beside a transfer coding, a
/// coding other than chunked (it waits for the end of the connection), a space before the colon, a folded line, and NUL
/// or a missing name, at which it ends the line or the whole head. A proxy in front could read those otherwise, so they
/// are refused (RFC 9112, sections 5.1, 5.2, 6.1 and 6.3; RFC 9110, section 5.5).
struct RequestHead {
    private(set) var query: [(name: String, value: String)] = []
    private(set) var idempotencyKey = HeaderValue.missing
    private var requestID = HeaderValue.missing
    private var traceparent = HeaderValue.missing
    /// All fields of this name, joined with commas.
    private var tracestate: String?
    private(set) var accept: String?
    private(set) var origin = HeaderValue.missing
    private(set) var host = HeaderValue.missing
    private(set) var expectsContinue = false
    /// Whether a browser asks which methods its page may use, before it sends the page's request.
    private(set) var asksForMethods = false
    /// The length announced for the body; `nil` where none is, as for a chunked one.
    private(set) var contentLength: Int?
    /// Why the request must be refused.
    private(set) var problem: String?
    private var hasTransferCoding = false
    /// Where the text of the line before ended, while the head is gathered; `nil` where nothing needs to be checked.
    private var lineEnd: UnsafeRawPointer?

    /// - Parameters:
    ///   - method: as libmicrohttpd gives it: the first byte of the request.
    ///   - version: as libmicrohttpd gives it: the end of the request line.
    init(_ connection: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>) {
        if RequestHead.linesAreCut { lineEnd = UnsafeRawPointer(version) + strlen(version) }
        withUnsafeMutablePointer(to: &self) { head in
            lab_mhd_each_value(
                connection,
                { context, kind, name, nameSize, value, valueSize in
                    let name = UnsafeRawBufferPointer(start: name, count: nameSize)
                    let value = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize)
                    context!.assumingMemoryBound(to: RequestHead.self).pointee.take(kind, name, value)
                    return .YES
                }, head)
        }
        if hasTransferCoding && contentLength != nil {
            problem = "Content-Length and Transfer-Encoding must not both be given"
        }
        if let lineEnd {
            // Two line breaks: the last header's and the empty line.
            let end = UnsafeRawPointer(method) + lab_mhd_head_size(connection)
            if !(2...4).contains(end - lineEnd) { problem = RequestHead.cutLine }
        }
        lineEnd = nil
    }

    /// From 1.0 on, libmicrohttpd refuses such lines itself.
    private static let linesAreCut = MHD_VERSION < 0x0100_0000
    private static let cutLine = "a header must have a name, stand on one line and hold no NUL"

    /// What goes along with the request. This is the one place that takes a context out of HTTP.
    ///
    /// An identifier that is not 1 to 128 visible ASCII characters is replaced, as is one of several.
    func context() -> RequestContext {
        var id: String?
        let longest = RequestContext.requestIDLengths.upperBound
        if case .one(let text) = requestID, isVisibleASCII(text, atMost: longest) { id = text }
        var caller: String?
        if case .one(let text) = traceparent { caller = text }
        return RequestContext(
            requestID: id ?? RequestContext.newRequestID(), trace: .received(traceparent: caller, state: tracestate))
    }

    private mutating func take(_ kind: MHD_ValueKind, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if kind == .GET_ARGUMENT_KIND {
            query.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            return
        }
        takeLine(name, value)
        if let last = name.last, last == 0x20 || last == 0x09 { problem = "a header's name must not end in a space" }
        switch name.count {
        case 4 where matches(name, "host"): host.add(text(value))
        case 6 where matches(name, "accept"): accept = text(value)
        case 6 where matches(name, "origin"): origin.add(text(value))
        case 6 where matches(name, "expect"): expectsContinue = true
        case 10 where matches(name, "tracestate"): tracestate = tracestate.map { $0 + "," + text(value) } ?? text(value)
        case 11 where matches(name, "traceparent"): traceparent.add(text(value))
        case 12 where matches(name, "x-request-id"): requestID.add(text(value))
        case 14 where matches(name, "content-length"): takeLength(text(value))
        case 15 where matches(name, "idempotency-key"): idempotencyKey.add(text(value))
        case 17 where matches(name, "transfer-encoding"): takeTransferCoding(value)
        case 29 where matches(name, "access-control-request-method"): asksForMethods = true
        default: break
        }
    }

    /// Checks that nothing but a line break stands between this line and the one before.
    ///
    /// A value ends at the first NUL, and its size says nothing of the rest, but all lines lie in one buffer.
    private mutating func takeLine(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        guard let lineEnd, let start = name.baseAddress, let text = value.baseAddress else { return }
        if name.isEmpty || !(1...2).contains(start - lineEnd) { problem = RequestHead.cutLine }
        self.lineEnd = text + value.count
    }

    private mutating func takeTransferCoding(_ value: UnsafeRawBufferPointer) {
        if hasTransferCoding || value.count != 7 || !matches(value, "chunked") {
            problem = "Transfer-Encoding must be chunked"
        }
        hasTransferCoding = true
    }

    private mutating func takeLength(_ value: String) {
        guard !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(value) else {
            problem = "Content-Length must be a number"
            return
        }
        if let contentLength, contentLength != length { problem = "two different Content-Lengths were given" }
        contentLength = length
    }

    /// Whether a text of the same length is this one, in any case.
    private func matches(_ text: UnsafeRawBufferPointer, _ lowercased: StaticString) -> Bool {
        strncasecmp(
            text.baseAddress!.assumingMemoryBound(to: CChar.self),
            UnsafeRawPointer(lowercased.utf8Start).assumingMemoryBound(to: CChar.self), text.count) == 0
    }

    /// The value without the white space around it, which is not part of it (RFC 9112, section 5).
    private func text(_ value: UnsafeRawBufferPointer) -> String {
        var value = value[...]
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        return String(decoding: value, as: UTF8.self)
    }
}
