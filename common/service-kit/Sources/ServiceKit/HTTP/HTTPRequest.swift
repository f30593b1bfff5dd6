public import StrictJSON
public import Tracing

/// A request whose head was checked and whose body is here.
public struct HTTPRequest: Sendable {
    /// The method, in upper case as it came.
    public let method: String
    /// The path, percent-decoded, without the query.
    public let path: String
    /// The last segment of a path that matched a route ending in a parameter, such as `/orders/{order_id}`.
    public internal(set) var parameter = ""
    /// The body, at most 64 KiB.
    public let body: [UInt8]
    /// What goes along with the request: its identifier, as it came or made here, and its trace.
    public let context: RequestContext
    /// The `Idempotency-Key` as it came; ``contextWithKey()`` checks it.
    package let rawIdempotencyKey: HeaderValue
    /// The `Accept` header, where there is one.
    public let accept: String?
    package let query: [(name: String, value: String)]
    /// The loop that the request is handled on.
    public let loop: EventLoop

    /// Takes the parts of a request. The server makes them, and tests of the package's users.
    package init(
        method: String, path: String, body: [UInt8], context: RequestContext, rawIdempotencyKey: HeaderValue,
        accept: String?, query: [(name: String, value: String)], loop: EventLoop
    ) {
        self.method = method
        self.path = path
        self.body = body
        self.context = context
        self.rawIdempotencyKey = rawIdempotencyKey
        self.accept = accept
        self.query = query
        self.loop = loop
    }

    /// Reads the body as a JSON object, whatever its Content-Type.
    ///
    /// - Throws: ``HTTPError`` 400 where it is not one.
    public func json() throws(HTTPError) -> JSONObject {
        do throws(InvalidJSON) {
            return try JSONObject(body)
        } catch {
            throw .badRequest(error.description)
        }
    }

    /// The value of a query parameter, `nil` where it is not given.
    ///
    /// - Throws: ``HTTPError`` 400 where it is given twice.
    public func query(_ name: String) throws(HTTPError) -> String? {
        let values = query.filter { $0.name == name }
        guard values.count <= 1 else { throw .badRequest("the query parameter \(name) must be there only once") }
        return values.first?.value
    }

    /// How many characters an `Idempotency-Key` may have.
    public static let keyLengths = 1...255

    /// The ``context`` with the client's `Idempotency-Key`, if there is one.
    ///
    /// - Throws: ``HTTPError`` 400 where it is not 1 to 255 visible ASCII characters.
    public func contextWithKey() throws(HTTPError) -> RequestContext {
        switch rawIdempotencyKey {
        case .missing: return context
        case .one(let key) where isVisibleASCII(key, atMost: HTTPRequest.keyLengths.upperBound):
            var context = context
            context.idempotencyKey = key
            return context
        default:
            let (shortest, longest) = (HTTPRequest.keyLengths.lowerBound, HTTPRequest.keyLengths.upperBound)
            throw .badRequest(
                "the header Idempotency-Key must be \(shortest) to \(longest) visible ASCII characters")
        }
    }
}

/// A header of which there should be one at most.
package enum HeaderValue: Sendable, Equatable {
    case missing
    case one(String)
    case several

    mutating func add(_ value: String) { self = self == .missing ? .one(value) : .several }
}

/// Whether a text is 1 to `limit` characters from `!` to `~`.
func isVisibleASCII(_ text: String, atMost limit: Int) -> Bool {
    let utf8 = text.utf8
    return (1...limit).contains(utf8.count) && utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
}
