public import CampusModel
public import StrictJSON

/// What services tell each other: an order was placed, reserved, or failed.
///
/// This is the one place that says how an event looks as JSON. What a transport adds, such as a message identifier or a key,
/// stands with the transport.
public struct OrderEvent: Sendable, Equatable {
    /// What has happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// A client has ordered.
        case placed = "OrderPlaced"
        /// Inventory holds the order's quantity.
        case reserved = "InventoryReserved"
        /// Inventory holds nothing for it.
        case failed = "InventoryFailed"

        /// Its place among all of them.
        fileprivate var place: Int {
            switch self {
            case .placed: 0
            case .reserved: 1
            case .failed: 2
            }
        }

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
    /// The order as it is after it.
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

    /// Writes the event's fields, always in the same order, into an object that is open.
    public func writeFields(to json: inout JSONWriter) {
        json.field("type", kind.rawValue)
        order.writeFields(to: &json)
        if let reason { json.field("reason", reason) }
    }
}

extension OrderEvent {
    /// What a transport tells of an event beside its JSON. Foreign senders may leave fields out that it makes up for.
    public struct Hints: Sendable {
        /// The kinds that may come here.
        public let kinds: Set<Kind>
        /// The same by the kinds' places among all of them, for each event.
        private let accepted: [Bool]
        /// The kind that the place says, such as a routing key: it must be the one that the event tells.
        public var placeKind: Kind?
        /// The kind that the message's own properties tell.
        public var type: String?
        /// The kind if nothing tells.
        public var fallback: Kind?
        /// When the message was sent, in seconds since 1970.
        public var time: Double?

        /// Says what may come here. If that is one kind only, it is also what an event is that does not tell.
        public init(_ kinds: Set<Kind>) {
            self.kinds = kinds
            accepted = Kind.allCases.map { kinds.contains($0) }
            fallback = kinds.count == 1 ? kinds.first : nil
        }

        func accepts(_ kind: Kind) -> Bool { accepted[kind.place] }
    }

    /// Reads an event. `type`, `status` and `timestamp` may be missing, and unknown fields are ignored.
    ///
    /// - Throws: ``StrictJSON/InvalidField`` if a field is missing, has a wrong value, or the event is of another kind.
    public init(from json: JSONObject, _ hints: Hints) throws(InvalidField) {
        kind = try OrderEvent.kind(json, hints)
        _ = try json.statusIfThere()
        order = Order(
            id: try json.orderID("order_id"), item: try json.item(), quantity: try json.quantity(), status: kind.status,
            timestamp: try OrderEvent.time(json, hints))
        reason = kind == .failed && json.has("reason") ? try json.string("reason") : nil
    }

    private static func kind(_ json: JSONObject, _ hints: Hints) throws(InvalidField) -> Kind {
        let routed = hints.placeKind
        guard let written = try writtenKind(json, hints) else {
            if let routed { return routed }
            if let status = try? json.statusIfThere(),
                let kind = hints.kinds.first(where: { $0.status == status })
            {
                return kind
            }
            if let fallback = hints.fallback { return fallback }
            throw InvalidField("type", "is missing, and nothing else tells it")
        }
        guard hints.accepts(written), routed == nil || routed == written else {
            throw InvalidField("type", notHere)
        }
        return written
    }

    private static let notHere = "is not what belongs here"

    /// The kind that the event tells, or its message's properties do; `nil` if neither does.
    private static func writtenKind(_ json: JSONObject, _ hints: Hints) throws(InvalidField) -> Kind? {
        if let kind: Kind = try json.value(ifThere: "type", notHere) { return kind }
        guard let type = hints.type else { return nil }
        guard let kind = Kind(rawValue: type) else { throw InvalidField("type", notHere) }
        return kind
    }

    private static func time(_ json: JSONObject, _ hints: Hints) throws(InvalidField) -> Double {
        if let time = try json.number(ifThere: "timestamp", in: Order.timestamps) { return time }
        guard let time = hints.time, Order.timestamps.contains(time) else { return Order.now() }
        return time
    }
}
