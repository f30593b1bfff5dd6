public import StrictJSON

/// What a handler answers.
public struct HTTPResponse: Sendable {
    /// The status code, 200 to 599.
    public let status: Int
    /// Headers beside `Content-Type`, `Content-Length`, `Date` and `X-Request-Id`.
    public var headers: [(name: String, value: String)] = []
    /// The media type of the body; empty if there is no body.
    public let contentType: String
    /// The body. If the body is made in pieces, this is the first one.
    public let body: [UInt8]
    /// A body that is made while it is sent, ``body`` included; `nil` if ``body`` is all of it.
    package let pieces: BodyPieces?

    /// Takes a body of any type.
    public init(status: Int = 200, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
        pieces = nil
    }

    /// Takes JSON text that is complete.
    public init(status: Int = 200, json: [UInt8]) {
        self.init(status: status, contentType: "application/json", body: json)
    }

    /// Takes a body that is made while it is sent, so that all of it is never in memory. Such a response can be sent once.
    ///
    /// The first two pieces are made here. If there is no second one, the body is sent with its length, as any other is.
    /// Otherwise the body is chunked (RFC 9112, section 7.1), and each further piece is made when the one before has been sent.
    ///
    /// - Parameter next: makes the next piece; `nil` at the end. It is called on the loop's thread, which does nothing else
    ///   meanwhile: a piece should be about 64 KiB, or the part of it that takes a millisecond. A piece that is empty makes the
    ///   server ask for the next one at once.
    public init(
        status: Int = 200, contentType: String = "application/json", pieces next: @escaping @Sendable () -> [UInt8]?
    ) {
        self.status = status
        self.contentType = contentType
        let first = next() ?? []
        body = first
        pieces = next().map { BodyPieces(first, $0, next) }
    }

    /// Builds a JSON object.
    public static func object(status: Int = 200, _ fields: (inout JSONWriter) -> Void) -> HTTPResponse {
        HTTPResponse(status: status, json: JSONWriter.object(fields))
    }
}
