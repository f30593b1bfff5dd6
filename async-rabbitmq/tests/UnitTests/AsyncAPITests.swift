import AMQPClient
import AsyncAPI
import CampusModel
import Foundation
import LabTesting
import OrderMessages
import Tracing
import Workflow
import XCTest

/// `asyncapi.json` is what the code says, and what the code says is what it sends.
final class AsyncAPITests: XCTestCase {
    private let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../asyncapi.json").standardizedFileURL
    private let order = Order(item: "pizza", quantity: 3, timestamp: 1_700_000_000.25)

    func testTheFileIsWhatTheCodeSays() throws {
        try DescriptionFile.check(file, is: AsyncAPI.orderMessages.json, by: "AsyncAPITests")
    }

    func testTheDescriptionIsSound() throws {
        XCTAssertEqual(try MessageDescription(AsyncAPI.orderMessages.json).problemsOfDescription(), [])
    }

    /// Journals and leases are the services' own. Everything else that the broker has is described.
    func testEveryExchangeAndQueueOfMessagesIsDescribed() {
        let isOwn = { (name: String) in name.hasSuffix("_log") || name.hasSuffix("_lease") }
        let queues = Set(OrderTopology.all.queues.map(\.name).filter { !isOwn($0) })
        let keys = Set(OrderEvent.Kind.allCases.map { OrderTopology.routingKey($0) })
        let names = Set(AsyncAPI.orderMessages.channels.map(\.name))
        XCTAssertEqual(names, queues.union(keys).union([OrderTopology.deadLetterExchange]))
    }

    // MARK: Messages

    private func problems(_ message: OrderMessage, _ change: (inout MessageDescription.Found) -> Void = { _ in }) throws
        -> [String]
    {
        let publication = message.publication
        var found = MessageDescription.Found(
            at: publication.routingKey, payload: publication.message.body,
            headers: publication.message.headers.map { header in
                switch header.value {
                case .text(let text): (header.name, text)
                case .integer(let number): (header.name, number)
                }
            })
        found.exchange = publication.exchange
        var properties: [String: Any] = ["content_type": publication.contentType, "delivery_mode": 2]
        properties["message_id"] = publication.message.messageID
        properties["type"] = publication.message.type
        properties["timestamp"] = publication.message.timestamp
        properties["correlation_id"] = publication.message.correlationID
        found.properties = properties
        change(&found)
        return try MessageDescription(AsyncAPI.orderMessages.json).problems(of: found)
    }

    private func message(_ kind: OrderEvent.Kind, _ context: RequestContext, cause: String = "by hand") -> OrderMessage
    {
        let event = OrderEvent(kind, order, reason: kind == .failed ? "insufficient_stock" : nil)
        guard kind != .placed else { return .placed(event, context) }
        return OrderMessage(event, id: .uuid(.random()), cause: MessageID(cause), context: context)
    }

    func testEveryMessageIsAsDescribed() throws {
        let trace = TraceContext.received(
            traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", state: "a=1,b=2")
        for context in [
            RequestContext(requestID: "r"), RequestContext(requestID: "r", idempotencyKey: "k", trace: trace),
        ] {
            for kind in OrderEvent.Kind.allCases {
                XCTAssertEqual(try problems(message(kind, context)), [], kind.rawValue)
            }
        }
        for reason in InventoryVerdict.reasons {
            let event = OrderEvent(.failed, order, reason: reason)
            let failed = OrderMessage(
                event, id: .uuid(.random()), cause: .uuid(order.id), context: RequestContext(requestID: "r"))
            XCTAssertEqual(try problems(failed), [], reason)
        }
    }

    /// A sender from outside may choose any text as `message_id`, `correlation_id` and key; the outcome hands them on.
    func testTheOutcomeOfAForeignMessageIsAsDescribed() throws {
        let long = String(repeating: "😀", count: 63)
        let context = RequestContext(requestID: long, idempotencyKey: "\n")
        for kind in [OrderEvent.Kind.reserved, .failed] {
            XCTAssertEqual(try problems(message(kind, context, cause: long)), [])
            XCTAssertEqual(try problems(message(kind, RequestContext(requestID: nil))), [])
        }
    }

    func testWhatIsOtherwiseIsFound() throws {
        let context = RequestContext(requestID: "r")
        let order = order
        let incomplete = OrderMessage(OrderEvent(.failed, order), id: .uuid(order.id), context: context)
        XCTAssertEqual(
            Set(try problems(incomplete)),
            ["payload /reason: this field is required", "payload /cause: this field is required"])
        XCTAssertEqual(
            try problems(message(.placed, context)) { $0.properties?["type"] = "InventoryFailed" }.count, 2)
        XCTAssertEqual(try problems(message(.placed, context)) { $0.exchange = "dlx_exchange" }.count, 1)
        XCTAssertEqual(
            try problems(message(.placed, RequestContext(requestID: nil))),
            ["property /correlation_id: this field is required"])
    }
}
