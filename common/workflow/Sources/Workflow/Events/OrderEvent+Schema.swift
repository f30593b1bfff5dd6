internal import CampusModel
public import StrictJSON

extension OrderEvent {
    /// Describes the fields that ``writeFields(to:)`` writes.
    ///
    /// - Parameters:
    ///   - kind: what has happened.
    ///   - moment: what the timestamp says, such as `"When the order was decided"`.
    public static func properties(_ kind: Kind, timestamp moment: String) -> [JSONSchema.Property] {
        let type = JSONSchema.Property("type", .choice([kind.rawValue], "What has happened."))
        let order = Order.properties([kind.status], timestamp: moment)
        let reason = JSONSchema.Property("reason", .choice(InventoryVerdict.reasons, "Why nothing is held for it."))
        return [type] + order + (kind == .failed ? [reason] : [])
    }

    /// What a consumer takes beyond what the lab sends, for descriptions.
    public static let tolerance =
        "A consumer also takes what others send: unknown fields and headers are ignored, `order_id` may be in upper case, "
        + "`quantity` may be written as `2.0`, and `type`, `status`, `timestamp` and all headers may be missing."
}

extension OrderEvent.Kind {
    /// Says what has happened, in one sentence, for descriptions.
    public var summary: String {
        switch self {
        case .placed: "A client has ordered."
        case .reserved: "Inventory holds the order's quantity."
        case .failed: "Inventory holds nothing for the order."
        }
    }
}
