internal import CMicroHTTPD
internal import CampusModel
internal import Glibc

/// What the service needs to know of a request's headers and query, gathered in one pass.
///
/// libmicrohttpd lets some broken heads pass: two lengths (it takes the first), a length beside a transfer coding, NUL
/// in a value, a space before the colon. A proxy in front could read those otherwise, so they are refused (RFC 9112,
/// sections 5.1, 6.1 and 6.3).
struct RequestHead {
    private(set) var query: [(name: String, value: String)] = []
    private(set) var idempotencyKey = HeaderValue.missing
    private(set) var requestID = HeaderValue.missing
    private(set) var accept: String?
    private(set) var expectsContinue = false
    /// The length announced for the body; `nil` where none is, as for a chunked one.
    private(set) var contentLength: Int?
    /// Why the request must be refused.
    private(set) var problem: String?
    private var hasTransferCoding = false

    init(_ connection: OpaquePointer) {
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
    }

    /// The request's own identifier where it is usable, else a new one.
    func usableRequestID() -> String {
        if case .one(let id) = requestID, isVisibleASCII(id, atMost: 128) { return id }
        return OrderID.random().description
    }

    private mutating func take(_ kind: MHD_ValueKind, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if kind == .GET_ARGUMENT_KIND {
            query.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            return
        }
        if let last = name.last, last == 0x20 || last == 0x09 { problem = "a header's name must not end in a space" }
        if value.contains(0) { problem = "a header's value must not hold NUL" }
        switch name.count {
        case 6 where matches(name, "accept"): accept = text(value)
        case 6 where matches(name, "expect"): expectsContinue = true
        case 12 where matches(name, "x-request-id"): requestID.add(text(value))
        case 14 where matches(name, "content-length"): takeLength(text(value))
        case 15 where matches(name, "idempotency-key"): idempotencyKey.add(text(value))
        case 17 where matches(name, "transfer-encoding"): hasTransferCoding = true
        default: break
        }
    }

    private mutating func takeLength(_ value: String) {
        guard !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(value) else {
            problem = "Content-Length must be a number"
            return
        }
        if let contentLength, contentLength != length { problem = "two different Content-Lengths were given" }
        contentLength = length
    }

    private func matches(_ name: UnsafeRawBufferPointer, _ lowercased: StaticString) -> Bool {
        strncasecmp(
            name.baseAddress!.assumingMemoryBound(to: CChar.self),
            UnsafeRawPointer(lowercased.utf8Start).assumingMemoryBound(to: CChar.self), name.count) == 0
    }

    /// The value without the white space around it, which is not part of it (RFC 9112, section 5).
    private func text(_ value: UnsafeRawBufferPointer) -> String {
        var value = value[...]
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        return String(decoding: value, as: UTF8.self)
    }
}
