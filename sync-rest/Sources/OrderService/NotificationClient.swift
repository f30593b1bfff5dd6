internal import CampusModel
internal import HTTPClient
internal import StrictJSON
internal import Tracing

/// Asks NotificationService.
struct NotificationClient: Sendable {
    private let client: HTTPClient
    private let send: Endpoint

    init(_ client: HTTPClient, _ url: BaseURL, timeout: Double) {
        self.client = client
        send = Endpoint(url, "/send", timeout: timeout)
    }

    /// Tells that an order is reserved, and waits for the answer.
    ///
    /// - Throws: ``HTTPClientError`` where no answer came.
    /// - Returns: the status of the answer.
    func send(_ order: Order, _ context: RequestContext) async throws(HTTPClientError) -> Int {
        let body = JSONWriter.object(capacity: 128) {
            $0.field("order_id", order.id)
            $0.field("status", OrderStatus.reserved.rawValue)
            $0.field("item", order.item)
        }
        return try await client.post(send, body, context).status
    }
}
