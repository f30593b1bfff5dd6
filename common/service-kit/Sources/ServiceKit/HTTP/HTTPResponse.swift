public import StrictJSON

/// What a handler answers.
public struct HTTPResponse: Sendable {
    /// The status code, 200 to 599.
    public let status: Int
    /// Headers beside `Content-Type`, `Content-Length`, `Date` and `X-Request-Id`.
    public var headers: [(name: String, value: String)] = []
    /// The media type of the body; empty if there is no body.
    public let contentType: String
    /// The body.
    public let body: [UInt8]

    /// Takes a body of any type.
    public init(status: Int = 200, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// Takes JSON text that is complete.
    public init(status: Int = 200, json: [UInt8]) {
        self.init(status: status, contentType: "application/json", body: json)
    }

    /// An answer without a body that says which methods a path takes.
    static func empty(allowing methods: String) -> HTTPResponse {
        var response = HTTPResponse(status: 204, contentType: "", body: [])
        response.headers = [("Allow", methods)]
        return response
    }

    /// Builds a JSON object.
    public static func object(status: Int = 200, _ fields: (inout JSONWriter) -> Void) -> HTTPResponse {
        HTTPResponse(status: status, json: JSONWriter.object(fields))
    }
}
