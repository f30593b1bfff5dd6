public import StrictJSON

/// An error as a client sees it: a status, a code of the contract, one sentence, and further fields if there are some.
public struct HTTPError: Error, Sendable {
    /// What `error` says, for programs. Here are the codes of every service; what a service is for adds its own.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The code as it is sent: lower case, words joined by underscores.
        public let rawValue: String
        /// Takes a code of the contract.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The request cannot be understood.
        public static let badRequest = Code(rawValue: "bad_request")
        /// There is nothing at this path.
        public static let notFound = Code(rawValue: "not_found")
        /// There is something at this path, but not for this method.
        public static let methodNotAllowed = Code(rawValue: "method_not_allowed")
        /// The body is too long.
        public static let payloadTooLarge = Code(rawValue: "payload_too_large")
        /// The broker, or another thing that the service needs, cannot be reached.
        public static let brokerUnavailable = Code(rawValue: "broker_unavailable")
        /// The service was told to fail.
        public static let injectedFailure = Code(rawValue: "injected_failure")
        /// The service takes nothing more at the moment.
        public static let overloaded = Code(rawValue: "overloaded")
        /// The service does not know its own state yet.
        public static let notReady = Code(rawValue: "not_ready")
        /// The request comes from a web page that may change nothing here.
        public static let forbiddenOrigin = Code(rawValue: "forbidden_origin")
        /// The service failed.
        public static let internalError = Code(rawValue: "internal_error")
    }

    /// The HTTP status.
    public let status: Int
    /// The code for programs.
    public let code: Code
    /// One sentence for a person; never an internal address, a credential or a library's raw text.
    public let detail: String
    /// Writes what stands beside `error` and `detail`; `nil` if nothing does.
    public var fields: (@Sendable (inout JSONWriter) -> Void)?
    /// Headers for the response.
    public var headers: [(name: String, value: String)] = []

    /// Makes an error.
    public init(
        _ status: Int, _ code: Code, _ detail: String, fields: (@Sendable (inout JSONWriter) -> Void)? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields
    }

    /// 400 `bad_request`.
    public static func badRequest(_ detail: String) -> HTTPError { HTTPError(400, .badRequest, detail) }

    /// 404 `not_found`.
    public static func notFound(_ detail: String) -> HTTPError { HTTPError(404, .notFound, detail) }

    /// 503 with `Retry-After`: the same request may succeed in a moment.
    public static func retryLater(
        _ code: Code, _ detail: String, fields: (@Sendable (inout JSONWriter) -> Void)? = nil
    ) -> HTTPError {
        var error = HTTPError(503, code, detail, fields: fields)
        error.headers = [("Retry-After", "1")]
        return error
    }

    /// - Parameter allow: the methods of the path, separated by commas.
    static func methodNotAllowed(allow: String) -> HTTPError {
        var error = HTTPError(405, .methodNotAllowed, "this path takes \(allow)")
        error.headers = [("Allow", allow)]
        return error
    }

    static let forbiddenOrigin = HTTPError(
        403, .forbiddenOrigin, "pages of this origin may change nothing here; ALLOWED_ORIGINS names those that may")

    static let payloadTooLarge = HTTPError(413, .payloadTooLarge, "the body must not be longer than 64 KiB")

    static let internalError = HTTPError(500, .internalError, "the service failed; its log says more")

    /// The response that a client gets.
    public var response: HTTPResponse {
        var response = HTTPResponse.object(status: status) { json in
            json.field("error", code.rawValue)
            json.field("detail", detail)
            fields?(&json)
        }
        response.headers = headers
        return response
    }
}

/// An error of what a service is for, that says itself what a client is answered.
public protocol HTTPErrorConvertible: Error {
    /// What a client sees of it.
    var httpError: HTTPError { get }
}
