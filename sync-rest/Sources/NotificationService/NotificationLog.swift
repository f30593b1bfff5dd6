internal import CampusModel
internal import ServiceKit
internal import Synchronization

/// What was told to whom: one entry for an order and a status, however often it is sent.
final class NotificationLog: Sendable {
    struct Entry: Sendable, Equatable {
        let id: OrderID
        let status: OrderStatus
        let item: String
        /// When it was logged, in seconds since 1970.
        let timestamp: Double

        func writeFields(to json: inout JSONWriter) {
            json.field("order_id", id)
            json.field("status", status.rawValue)
            json.field("item", item)
            json.field("timestamp", timestamp)
        }
    }

    private struct Key: SegmentedKey {
        let id: OrderID
        let status: OrderStatus
    }

    private struct State {
        var entries = SegmentedArray<Entry>()
        var places = SegmentedDictionary<Key, Int>()
    }
    private let state = Mutex(State())

    /// Adds an entry, or finds the one that is there for this order and status.
    func add(_ id: OrderID, _ status: OrderStatus, item: String) -> Entry {
        state.withLock { state in
            let key = Key(id: id, status: status)
            if let place = state.places[key] { return state.entries[place] }
            let entry = Entry(id: id, status: status, item: item, timestamp: Order.now())
            state.places[key] = state.entries.count
            state.entries.append(entry)
            return entry
        }
    }

    /// All entries, oldest first: a snapshot.
    var entries: SegmentedArray<Entry> { state.withLock { $0.entries } }
}
