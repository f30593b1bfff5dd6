/// Identifies a message, so that a copy of it is known as one: whatever text the sender chose.
///
/// The lab's own are UUIDs, which compare whatever their case; a sender from outside may use any text.
public enum MessageID: Hashable, Sendable {
    /// A UUID.
    case uuid(OrderID)
    /// Any other text.
    case text(String)

    /// Takes a text; `nil` if it is empty.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self = OrderID(text).map { .uuid($0) } ?? .text(text)
    }
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
