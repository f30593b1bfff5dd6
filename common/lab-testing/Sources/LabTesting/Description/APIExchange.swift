/// A request and what it was answered, from a socket or from memory.
public struct APIExchange: Sendable {
    /// A header or a query parameter; a parameter without `=` has no value.
    public typealias Field = (name: String, value: String?)

    /// The method.
    public let method: String
    /// The path, percent-decoded, without the query.
    public let path: String
    /// The parameters of the query, decoded.
    public let query: [Field]
    /// The headers of the request.
    public let requestHeaders: [Field]
    /// The body of the request.
    public let requestBody: [UInt8]
    /// The status of the response.
    public let status: Int
    /// The headers of the response, `Content-Type` among them.
    public let responseHeaders: [Field]
    /// The body of the response; that of a response to `HEAD` is not looked at.
    public let responseBody: [UInt8]

    /// Takes a path and a query that were decoded.
    public init(
        method: String, path: String, query: [Field], requestHeaders: [Field] = [], requestBody: [UInt8] = [],
        status: Int,
        responseHeaders: [Field], responseBody: [UInt8]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.requestHeaders = requestHeaders
        self.requestBody = requestBody
        self.status = status
        self.responseHeaders = responseHeaders
        self.responseBody = responseBody
    }

    /// Takes a request target as it stands in the request line, such as `/orders?limit=2` (RFC 9112, section 3.2.1).
    public init(
        method: String, target: String, requestHeaders: [Field] = [], requestBody: [UInt8] = [], status: Int,
        responseHeaders: [Field], responseBody: [UInt8]
    ) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [Field] = []
        for part in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = part.replacing("+", with: " ").split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query.append((APIExchange.decode(pair[0]), pair.count > 1 ? APIExchange.decode(pair[1]) : nil))
        }
        self.init(
            method: method, path: APIExchange.decode(parts[0]), query: query, requestHeaders: requestHeaders,
            requestBody: requestBody, status: status, responseHeaders: responseHeaders, responseBody: responseBody)
    }

    /// The values of a header of the response; the case of a name says nothing.
    func responseHeader(_ name: String) -> [String] {
        responseHeaders.filter { $0.name.lowercased() == name.lowercased() }.map { $0.value ?? "" }
    }

    /// The values of a header of the request.
    func requestHeader(_ name: String) -> [String] {
        requestHeaders.filter { $0.name.lowercased() == name.lowercased() }.map { $0.value ?? "" }
    }

    /// The media type of the response, in lower case and without parameters; empty if there is none.
    var mediaType: String {
        let value = responseHeader("Content-Type").first ?? ""
        return value.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
    }

    /// The field `error` of the response; `nil` if there is none.
    var errorCode: String? { (JSONGrammar.value(of: responseBody) as? [String: Any])?["error"] as? String }

    /// Replaces `%2F` and the like; a percent sign without two digits behind it stays, as libmicrohttpd leaves it.
    private static func decode(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        var (decoded, index) = ([UInt8](), 0)
        while index < bytes.count {
            let digits = bytes[index...].dropFirst().prefix(2)
            if bytes[index] == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), digits.first != UInt8(ascii: "+")
            {
                decoded.append(value)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
