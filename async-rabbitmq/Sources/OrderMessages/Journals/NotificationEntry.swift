public import CampusModel
public import Journal

/// What NotificationService writes to its journal: a customer was told that an order is reserved.
public struct NotificationEntry: Sendable, Equatable {
    /// The order.
    public let id: OrderID
    /// What was ordered.
    public let item: String
    /// When the customer was told, in seconds since 1970.
    public let timestamp: Double

    /// Takes all three.
    public init(id: OrderID, item: String, timestamp: Double) {
        self.id = id
        self.item = item
        self.timestamp = timestamp
    }

    /// Writes the entry.
    public func write(to writer: inout BinaryWriter) {
        writer.byte(1)
        writer.id(id)
        writer.text(item)
        writer.time(timestamp)
    }

    /// Reads the next entry.
    public init(from reader: inout BinaryReader) throws(JournalDamage) {
        let kind = try reader.byte()
        guard kind == 1 else { throw .malformed("an entry is of the unknown kind \(kind)") }
        id = try reader.id()
        item = try reader.item()
        timestamp = try reader.time()
    }
}
