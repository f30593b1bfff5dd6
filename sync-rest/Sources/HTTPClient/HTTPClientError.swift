internal import CCurl

/// A call that got no answer.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, as far as the caller must tell.
    public enum Kind: Sendable {
        /// No connection: nobody listens, or the name is unknown.
        case couldNotConnect
        /// No answer in time, be it for the connection or for the reply.
        case timedOut
        /// The connection ended, or what came was no HTTP reply.
        case broken
        /// The reply was longer than the client takes.
        case replyTooLarge
        /// The calling task was cancelled.
        case cancelled
    }

    /// What went wrong.
    public let kind: Kind
    /// Whether the other side may have seen the request, and so may have acted on it.
    ///
    /// Not always `false` where the connection could not be made: libcurl sends a POST again by itself when a kept
    /// connection dies under it, and it is the second attempt that fails then.
    public let mayHaveArrived: Bool
    /// libcurl's own text and code, for the log.
    public let description: String

    init(_ kind: Kind, mayHaveArrived: Bool, _ description: String) {
        self.kind = kind
        self.mayHaveArrived = mayHaveArrived
        self.description = description
    }

    init(_ code: CURLcode, mayHaveArrived: Bool) {
        let kind: Kind =
            switch code {
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CONNECT_ERROR,
                CURLE_PEER_FAILED_VERIFICATION:
                .couldNotConnect
            case CURLE_WRITE_ERROR: .replyTooLarge
            default: .broken
            }
        self.init(
            kind, mayHaveArrived: mayHaveArrived,
            "\(String(cString: curl_easy_strerror(code))) (libcurl \(code.rawValue))")
    }
}

/// The answer to a call.
public struct HTTPReply: Sendable {
    /// The status code.
    public let status: Int
    /// The body.
    public let body: [UInt8]

    /// Whether the status is 200 to 299.
    public var isSuccess: Bool { (200...299).contains(status) }
}
