internal import CampusModel
internal import KafkaClient

/// The orders of a log that is read again, in whatever order its partitions come.
struct RestoredOrders: Sendable {
    private var orders: [OrderID: (order: Order, key: String?)] = [:]
    private var outcomes: [OrderID: OrderEvent] = [:]

    /// Takes an order; a copy changes nothing.
    mutating func add(_ placed: OrderEvent, key: String?) {
        guard orders[placed.order.id] == nil else { return }
        orders[placed.order.id] = (placed.order, key)
    }

    /// Takes an outcome; the first one is final.
    mutating func add(_ outcome: OrderEvent) {
        guard outcomes[outcome.order.id] == nil else { return }
        outcomes[outcome.order.id] = outcome
    }

    /// All orders with their outcomes and keys, oldest first. An outcome whose order is not in the log makes that order.
    var inOrder: [(order: Order, key: String?)] {
        var all: [(order: Order, key: String?)] = []
        all.reserveCapacity(orders.count)
        for (id, entry) in orders {
            var order = entry.order
            if let outcome = outcomes[id] { order.status = outcome.order.status }
            all.append((order, entry.key))
        }
        for (id, outcome) in outcomes where orders[id] == nil { all.append((outcome.order, nil)) }
        // Two of the same time have an order too, so that each restart lists them alike.
        all.sort {
            $0.order.timestamp != $1.order.timestamp
                ? $0.order.timestamp < $1.order.timestamp : $0.order.id < $1.order.id
        }
        return all
    }
}
