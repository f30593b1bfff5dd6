public import CampusModel

/// What the services tell each other: an order was placed, reserved, or failed.
public struct OrderEvent: Sendable, Equatable {
    /// What has happened.
    public enum Kind: String, Sendable, CaseIterable {
        case placed = "OrderPlaced"
        case reserved = "InventoryReserved"
        case failed = "InventoryFailed"

        /// The status of the order after it.
        public var status: OrderStatus {
            switch self {
            case .placed: .placed
            case .reserved: .reserved
            case .failed: .failed
            }
        }
    }

    /// What has happened.
    public let kind: Kind
    /// The order as it is after it; of an outcome, its time is when it was decided.
    public let order: Order
    /// Why it failed: `insufficient_stock` or `unknown_item`.
    public let reason: String?

    /// Makes an event; the order's status becomes the event's.
    public init(_ kind: Kind, _ order: Order, reason: String? = nil) {
        self.kind = kind
        var order = order
        order.status = kind.status
        self.order = order
        self.reason = reason
    }

    /// The header that carries the request's identifier.
    public static let requestIDHeader = "X-Request-Id"
    /// The header that carries the client's `Idempotency-Key`, so that it survives the service.
    public static let keyHeader = "Idempotency-Key"

    /// The event's value.
    public var value: [UInt8] { OwnLayoutWriter.write(self) ?? json }

    /// The same by the way that takes any text.
    var json: [UInt8] {
        JSONWriter.object(capacity: 224) { json in
            json.field("type", kind.rawValue)
            order.writeFields(to: &json)
            if let reason { json.field("reason", reason) }
        }
    }

    /// The event as a record, keyed by the order.
    public func message(headers: [(name: String, value: [UInt8])] = []) -> KafkaMessage {
        KafkaMessage(key: order.id.utf8, value: value, headers: headers)
    }
}

/// A record that no service can use, whoever reads it.
public struct MalformedEvent: Error, Equatable, CustomStringConvertible {
    /// One sentence for the log and the dead letter's `reason`.
    public let description: String

    /// Takes the sentence.
    public init(_ description: String) { self.description = description }
}

extension OrderEvent {
    /// Reads a record's value. The key does not matter, `type`, `status` and `timestamp` may be missing, and unknown
    /// fields are ignored.
    ///
    /// - Parameters:
    ///   - kinds: what may stand in the topic.
    ///   - fallback: the time where the event tells none: the record's own, so that a replay reads the same.
    /// - Throws: ``MalformedEvent`` where it is empty, not JSON, lacks a field, has a wrong one, or is of another kind.
    public init(
        _ value: [UInt8]?, expecting kinds: Set<Kind>, fallback: Double
    ) throws(MalformedEvent) {
        guard let value else { throw MalformedEvent("the value is null") }
        do {
            let json = try JSONObject(value)
            kind = try OrderEvent.kind(json, kinds)
            if json.has("status") { _ = try json.status() }
            order = Order(
                id: try json.orderID("order_id"), item: try json.item(), quantity: try json.quantity(),
                status: kind.status,
                timestamp: json.has("timestamp")
                    ? try json.number("timestamp", in: Order.timestamps) : min(fallback, Order.timestamps.upperBound))
            reason = kind == .failed && json.has("reason") ? try json.string("reason") : nil
        } catch let error as InvalidField {
            throw MalformedEvent(error.description)
        } catch {
            throw MalformedEvent("\(error)")
        }
    }

    private static func kind(_ json: JSONObject, _ kinds: Set<Kind>) throws -> Kind {
        if json.has("type") {
            let text = try json.string("type")
            guard let kind = kinds.first(where: { $0.rawValue == text }) else {
                throw InvalidField("type", "is not what belongs here")
            }
            return kind
        }
        if json.has("status"), let status = try? json.status(), let kind = kinds.first(where: { $0.status == status }) {
            return kind
        }
        guard kinds.count == 1, let only = kinds.first else { throw InvalidField("type", "is missing") }
        return only
    }
}
