internal import AsyncAPI
internal import CampusModel
internal import StrictJSON
internal import Tracing
internal import Workflow

extension AsyncAPI {
    /// Describes the records of a kind, as ``Workflow/OrderEvent/record(headers:)`` makes them.
    static func message(_ kind: OrderEvent.Kind) -> Message {
        let moment = kind == .placed ? "When the order was placed" : "When the order was decided"
        return Message(
            kind.rawValue, summary: kind.summary, contentType: "application/json", headers: .object(headers(kind)),
            payload: .object(OrderEvent.properties(kind, timestamp: moment)),
            correlation: ("$message.payload#/order_id", "All records about one order have the same."),
            bindings: [Detail("key", Order.idSchema.meaning("The `order_id` of the value."))])
    }

    private static func headers(_ kind: OrderEvent.Kind) -> [JSONSchema.Property] {
        let requestID = ContextSchemas.requestID
        let key = JSONSchema.Property(
            RequestContext.Name.idempotencyKey, ContextSchemas.idempotencyKey, isRequired: false)
        return [
            .init(
                RequestContext.Name.requestID,
                kind == .placed ? requestID : ContextSchemas.handedOn(requestID, limit: 128),
                isRequired: kind == .placed)
        ] + (kind == .placed ? [key] : []) + [
            .init(RequestContext.Name.traceparent, ContextSchemas.traceparent),
            .init(RequestContext.Name.tracestate, ContextSchemas.tracestate, isRequired: false),
        ]
    }

    /// A copy of a record that no service can use.
    static let deadLetter = Message(
        "DeadLetter", summary: "A copy of a record that InventoryConsumer cannot read.",
        text:
            "Key and value are the record's own, whatever they are. Both are null if the record leaves no room for the headers, "
            + "or if the broker does not take the copy. The record's own headers are not copied.",
        headers: .object(DeadLetterHeader.allCases.map { .init($0.rawValue, $0.schema) }))
}

extension DeadLetterHeader {
    fileprivate var schema: JSONSchema {
        let digits = "^[0-9]+$"
        return switch self {
        case .reason: .string("What is wrong, in one sentence.", pattern: ".", example: "the value is null")
        case .topic: .choice([OrderTopics.orders], "The topic of the record.")
        case .partition: .string("The partition of the record.", pattern: digits, example: "0")
        case .offset: .string("The offset of the record.", pattern: digits, example: "41")
        }
    }
}
