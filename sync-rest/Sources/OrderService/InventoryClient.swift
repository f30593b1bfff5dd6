internal import CampusModel
internal import HTTPClient
internal import ServiceKit
internal import StrictJSON
internal import Tracing
internal import WorkflowHTTP

/// Asks InventoryService.
struct InventoryClient: Sendable {
    /// What the answer to a reservation means for the order.
    enum Answer: Sendable, Equatable {
        case reserved
        /// Inventory itself said no: nothing is held.
        case refused(OrderFailure)
        /// No answer, or one that inventory does not give: whether something is held is unknown if the request may have
        /// arrived.
        case unknown(OrderFailure, mayBeHeld: Bool)
    }

    private let client: HTTPClient
    private let reserve: Endpoint
    private let release: Endpoint

    init(_ client: HTTPClient, _ url: BaseURL, timeout: Double) {
        self.client = client
        reserve = Endpoint(url, "/reserve", timeout: timeout)
        release = Endpoint(url, "/release", timeout: timeout)
    }

    /// Asks for an order's quantity and waits for the answer.
    func reserve(_ order: Order, _ context: RequestContext) async -> Answer {
        let body = JSONWriter.object(capacity: 128) {
            $0.field("order_id", order.id)
            $0.field("item", order.item)
            $0.field("quantity", order.quantity)
        }
        do throws(HTTPClientError) {
            let reply = try await client.post(reserve, body, context)
            return reply.isSuccess ? .reserved : InventoryClient.refusal(in: reply)
        } catch {
            switch error.kind {
            // Cancelled is a call that the service's end cut off: it had no answer in the time there was.
            case .timedOut, .cancelled: return .unknown(.inventoryTimeout, mayBeHeld: true)
            default: return .unknown(.inventoryUnreachable, mayBeHeld: error.mayHaveArrived)
            }
        }
    }

    /// Has inventory give back what the order holds, if anything, and refuse the order from then on.
    ///
    /// - Throws: ``HTTPClientError`` where no answer came.
    /// - Returns: whether inventory did so.
    func release(_ id: OrderID, _ context: RequestContext) async throws(HTTPClientError) -> Bool {
        let body = JSONWriter.object(capacity: 64) { $0.field("order_id", id) }
        return try await client.post(release, body, context).isSuccess
    }

    /// What an answer other than 2xx means for the order.
    ///
    /// A proxy between the services answers 502, 503 or 504 of its own when inventory's answer is lost, and inventory may
    /// have reserved all the same. So only a code that inventory gives, and gives before it reserves, means that nothing is
    /// held.
    private static func refusal(in reply: HTTPReply) -> Answer {
        guard let json = try? JSONObject(reply.body), let code = try? json.string("error") else {
            return .unknown(.inventoryError, mayBeHeld: true)
        }
        if let failure = OrderFailure.refusals.first(where: { $0.code.rawValue == code }) { return .refused(failure) }
        return nothingIsHeld.contains { $0.rawValue == code }
            ? .refused(.inventoryError) : .unknown(.inventoryError, mayBeHeld: true)
    }

    /// The codes, beside those of ``OrderFailure/refusals``, with which InventoryService refuses to reserve.
    private static let nothingIsHeld: [HTTPError.Code] = [
        .badRequest, .notFound, .methodNotAllowed, .payloadTooLarge, .orderMismatch, .injectedFailure, .overloaded,
        .notReady, .forbiddenOrigin,
    ]
}
