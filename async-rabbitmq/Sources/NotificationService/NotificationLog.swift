internal import AMQPClient
internal import CampusModel
internal import ServiceKit
internal import Synchronization

/// Who was told that an order is reserved: one entry an order, whatever is delivered twice.
final class NotificationLog: Sendable {
    struct Entry: Sendable, Equatable {
        let id: OrderID
        let item: String
        /// When it was logged, in seconds since 1970.
        let timestamp: Double

        func writeFields(to json: inout JSONWriter) {
            json.field("order_id", id)
            json.field("status", OrderStatus.reserved.rawValue)
            json.field("item", item)
            json.field("timestamp", timestamp)
        }
    }

    private struct State {
        var entries = SegmentedArray<Entry>()
        var known = SegmentedSet<OrderID>()
    }
    private let state = Mutex(State())

    /// Adds an entry, unless there is one for this order.
    func add(_ order: Order, at timestamp: Double = Order.now()) {
        state.withLock { state in
            guard state.known.insert(order.id) else { return }
            state.entries.append(Entry(id: order.id, item: order.item, timestamp: timestamp))
        }
    }

    /// All entries, oldest first: a snapshot.
    var entries: SegmentedArray<Entry> { state.withLock { $0.entries } }

    func router(_ readiness: Readiness) -> Router {
        var router = Router()
        router.getState("/notifications", readiness) { _ in
            let entries = self.entries
            var json = JSONWriter(capacity: entries.count * 140 + 2)
            json.array { json in
                for index in 0..<entries.count { json.object { entries[index].writeFields(to: &$0) } }
            }
            return HTTPResponse(json: json.bytes)
        }
        return router
    }
}
