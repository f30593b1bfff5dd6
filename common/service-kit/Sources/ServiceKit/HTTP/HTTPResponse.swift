public import StrictJSON

/// What a handler answers.
public struct HTTPResponse: Sendable {
    /// The status code, 200 to 599.
    public let status: Int
    /// Headers beside `Content-Type`, `Content-Length`, `Date` and `X-Request-Id`.
    public var headers: [(name: String, value: String)] = []
    /// The media type of the body.
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

    /// Builds a JSON object.
    public static func object(status: Int = 200, _ fields: (inout JSONWriter) -> Void) -> HTTPResponse {
        HTTPResponse(status: status, json: JSONWriter.object(fields))
    }
}
