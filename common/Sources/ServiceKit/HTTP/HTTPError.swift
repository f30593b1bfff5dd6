public import CampusModel

/// An error as a client sees it: a status, a code of the contract, one sentence, and the order where there is one.
public struct HTTPError: Error, Sendable {
    /// The codes that `error` may have.
    public enum Code: String, Sendable {
        case badRequest = "bad_request"
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case payloadTooLarge = "payload_too_large"
        case unknownItem = "unknown_item"
        case insufficientStock = "insufficient_stock"
        case released
        case orderMismatch = "order_mismatch"
        case inventoryError = "inventory_error"
        case inventoryTimeout = "inventory_timeout"
        case inventoryUnreachable = "inventory_unreachable"
        case brokerUnavailable = "broker_unavailable"
        case idempotencyConflict = "idempotency_conflict"
        case injectedFailure = "injected_failure"
        case overloaded
        case notReady = "not_ready"
        case forbiddenOrigin = "forbidden_origin"
        case internalError = "internal_error"
    }

    /// The HTTP status.
    public let status: Int
    /// The code for programs.
    public let code: Code
    /// One sentence for a person; never an internal address, a credential or a library's raw text.
    public let detail: String
    /// The order that the error is about; its fields stand beside `error` and `detail`.
    public var order: Order?
    /// Headers for the response.
    public var headers: [(name: String, value: String)] = []

    /// Makes an error.
    public init(_ status: Int, _ code: Code, _ detail: String, order: Order? = nil) {
        self.status = status
        self.code = code
        self.detail = detail
        self.order = order
    }

    /// 400 `bad_request`.
    public static func badRequest(_ detail: String) -> HTTPError { HTTPError(400, .badRequest, detail) }

    /// 404 `not_found`.
    public static func notFound(_ detail: String) -> HTTPError { HTTPError(404, .notFound, detail) }

    /// 503 with `Retry-After`: the same request may succeed in a moment.
    public static func retryLater(_ code: Code, _ detail: String, order: Order? = nil) -> HTTPError {
        var error = HTTPError(503, code, detail, order: order)
        error.headers = [("Retry-After", "1")]
        return error
    }

    static func methodNotAllowed(_ path: String, allowed: [String]) -> HTTPError {
        let allow = allowed.sorted().joined(separator: ", ")
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
            order?.writeFields(to: &json)
        }
        response.headers = headers
        return response
    }
}
