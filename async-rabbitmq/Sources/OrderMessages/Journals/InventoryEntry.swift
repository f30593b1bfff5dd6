public import CampusModel
public import Journal

/// What InventoryService writes to its journal: a decision about an order.
public struct InventoryEntry: Sendable, Equatable {
    /// The order that was decided about.
    public let id: OrderID
    /// What was ordered.
    public let item: String
    /// How many were ordered.
    public let quantity: Int
    /// When it was ordered, in seconds since 1970.
    public let timestamp: Double
    /// Why it failed; `nil` if it is reserved.
    public let reason: String?
    /// The first message that the order came with.
    public let cause: MessageID

    /// Takes all of it.
    public init(id: OrderID, item: String, quantity: Int, timestamp: Double, reason: String?, cause: MessageID) {
        self.id = id
        self.item = item
        self.quantity = quantity
        self.timestamp = timestamp
        self.reason = reason
        self.cause = cause
    }

    /// Writes the entry.
    public func write(to writer: inout BinaryWriter) {
        switch cause {
        case .uuid(let cause):
            writer.byte(1)
            writer.id(cause)
        case .text(let cause):
            writer.byte(2)
            writer.text(cause)
        }
        writer.id(id)
        writer.text(item)
        writer.number(UInt64(quantity))
        writer.time(timestamp)
        writer.text(reason ?? "")
    }

    /// Reads the next entry.
    public init(from reader: inout BinaryReader) throws(JournalDamage) {
        switch try reader.byte() {
        case 1: cause = .uuid(try reader.id())
        case 2: cause = .text(try reader.text())
        case let kind: throw .malformed("an entry is of the unknown kind \(kind)")
        }
        id = try reader.id()
        item = try reader.item()
        quantity = try reader.quantity()
        timestamp = try reader.time()
        reason = try reader.textOrNone()
    }
}

/// What a snapshot of InventoryService begins with: how many of each item were reserved by all orders so far, those included that
/// are remembered no more.
public struct ReservedTotals: Sendable, Equatable {
    /// How many of each item.
    public let counts: [String: Int]

    /// Takes the numbers.
    public init(_ counts: [String: Int]) { self.counts = counts }

    /// Writes the numbers.
    public func write(to writer: inout BinaryWriter) {
        writer.number(UInt64(counts.count))
        for (item, count) in counts.sorted(by: { $0.key < $1.key }) {
            writer.text(item)
            writer.number(UInt64(count))
        }
    }

    /// Reads the numbers.
    public init(from reader: inout BinaryReader) throws(JournalDamage) {
        var counts: [String: Int] = [:]
        for _ in 0..<(try reader.number()) {
            let item = try reader.item()
            counts[item] = try reader.number(in: 0...Int.max)
        }
        self.counts = counts
    }
}
