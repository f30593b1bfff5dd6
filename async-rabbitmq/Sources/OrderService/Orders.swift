internal import CampusModel
internal import OrderMessages
internal import Synchronization
internal import Workflow

/// The orders of this service, as its loop and its worker share them.
final class Orders: Sendable {
    /// The shared placement, which knows the orders and the clients' keys.
    let placement = OrderPlacement(capacity: OrderTopology.remembered) { key, request in
        .asked(key: key, item: request.item, quantity: request.quantity)
    }
    private let isAtWork = Atomic<Bool>(false)

    /// The orders, in the order in which they were placed.
    var store: OrderStore { placement.orders }

    /// Whether orders are taken: while the service holds the lease and knows what is in its journal. Otherwise keys could be used
    /// twice.
    var mayPlace: Bool {
        get { isAtWork.load(ordering: .acquiring) }
        set { isAtWork.store(newValue, ordering: .releasing) }
    }
}
