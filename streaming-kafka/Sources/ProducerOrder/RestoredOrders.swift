internal import CampusModel
internal import Containers
internal import KafkaClient
internal import ServiceKit
internal import Workflow

/// The orders of a log that is read again, in whatever order its partitions come.
struct RestoredOrders: Sendable {
    private struct Entry {
        var order: Order
        var key: String?
        /// Whether the order itself has come, and not its outcome alone.
        var isPlaced: Bool
    }

    private var entries = SegmentedArray<Entry>()
    private var places = SegmentedDictionary<OrderID, Int>()

    /// Takes an order; a copy changes nothing.
    mutating func add(_ placed: OrderEvent, key: String?) {
        let place = place(Entry(order: placed.order, key: key, isPlaced: true))
        guard !entries[place].isPlaced else { return }
        let status = entries[place].order.status
        entries[place] = Entry(order: placed.order, key: key, isPlaced: true)
        entries[place].order.status = status
    }

    /// Takes an outcome; the first one is final.
    mutating func add(_ outcome: OrderEvent) {
        let place = place(Entry(order: outcome.order, key: nil, isPlaced: false))
        guard entries[place].order.status == .placed else { return }
        entries[place].order.status = outcome.order.status
    }

    /// The place of an order, where the entry is put if there is none.
    private mutating func place(_ entry: Entry) -> Int {
        let place = places.insert(entries.count, for: entry.order.id)
        if place == entries.count { entries.append(entry) }
        return place
    }

    /// All orders with their outcomes and keys, oldest first. An outcome whose order is not in the log makes that order.
    var inOrder: [(order: Order, key: String?)] {
        var all = (0..<entries.count).map { (order: entries[$0].order, key: entries[$0].key) }
        // Two of the same time have an order too, so that each restart lists them alike.
        all.sort {
            $0.order.timestamp != $1.order.timestamp
                ? $0.order.timestamp < $1.order.timestamp : $0.order.id < $1.order.id
        }
        return all
    }
}
