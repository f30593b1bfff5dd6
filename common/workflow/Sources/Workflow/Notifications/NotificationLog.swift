public import CampusModel
public import Containers
public import StrictJSON
internal import Synchronization

/// What customers were told: one entry for an order and a status, however often it is sent.
public final class NotificationLog: Sendable {
    /// One notification.
    public struct Entry: Sendable, Equatable {
        /// The order.
        public let id: OrderID
        /// What has become of it.
        public let status: OrderStatus
        /// What was ordered.
        public let item: String
        /// When it was logged, in seconds since 1970.
        public let timestamp: Double

        /// Writes the four fields, always in the same order, into an object that is open.
        public func writeFields(to json: inout JSONWriter) {
            json.field("order_id", id)
            json.field("status", status.rawValue)
            json.field("item", item)
            json.field("timestamp", timestamp)
        }
    }

    private struct Key: SegmentedKey {
        let id: OrderID
        let status: OrderStatus
        var segment: UInt8 { id.lastByte }
    }

    private struct State {
        var entries = SegmentedArray<Entry>()
        var places = SegmentedDictionary<Key, Int32>()
    }
    private let state = Mutex(State())

    /// Makes an empty log.
    public init() {}

    /// Adds an entry, or finds the one that is there for this order and status.
    @discardableResult
    public func add(
        _ id: OrderID, _ status: OrderStatus, item: String, at timestamp: Double = Order.now()
    ) -> Entry {
        state.withLock { state in
            let next = Int32(truncatingIfNeeded: state.entries.count)
            let place = state.places.insert(next, for: Key(id: id, status: status))
            if place == next {
                state.entries.append(Entry(id: id, status: status, item: item, timestamp: timestamp))
            }
            return state.entries[Int(place)]
        }
    }

    /// All entries, oldest first: a snapshot.
    public var entries: SegmentedArray<Entry> { state.withLock { $0.entries } }

    /// Writes all entries as one JSON array, oldest first.
    public func list() -> [UInt8] {
        let entries = entries
        var json = JSONWriter(capacity: entries.count * 140 + 2)
        json.array { json in
            for index in 0..<entries.count { json.object { entries[index].writeFields(to: &$0) } }
        }
        return json.bytes
    }
}
