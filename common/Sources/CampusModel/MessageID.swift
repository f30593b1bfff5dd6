/// Identifies a message, so that a copy of it is known as one: whatever text the sender chose.
///
/// The lab's own are UUIDs, which compare whatever their case; a sender from outside may use any text.
public enum MessageID: Hashable, Sendable {
    /// A UUID.
    case uuid(OrderID)
    /// Any other text.
    case text(String)

    /// Takes a text; `nil` where it is empty.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self = OrderID(text).map { .uuid($0) } ?? .text(text)
    }

    /// The identifier of what always follows from this message, the same each time.
    ///
    /// - Parameter name: what it is, such as `"outcome"`.
    public func derived(_ name: StaticString) -> OrderID {
        switch self {
        case .uuid(let id): return id.named(name)
        case .text(let text): return MessageID.foreign.named(Array(text.utf8)).named(name)
        }
    }

    /// The name space of identifiers that are no UUIDs: an arbitrary UUID of the lab's own.
    private static let foreign = OrderID("6c616220-6361-4d70-b573-206f72646572")!
}

extension MessageID: CustomStringConvertible {
    /// The text; a UUID's in lower case.
    public var description: String {
        switch self {
        case .uuid(let id): id.description
        case .text(let text): text
        }
    }
}
