public import CampusModel
public import Tracing

/// What an order is given to when it is placed: something that keeps it, and confirms that it does.
public protocol OrderPublisher: Sendable {
    /// Whether an event would be sent at once. If not, an order is refused without being tried.
    var isAvailable: Bool { get }
    /// Publishes that an order was placed, and waits for the confirm.
    ///
    /// - Returns: `nil` once it is confirmed, else why it was not, in a sentence for the client. It may be kept all the same.
    func publish(_ event: OrderEvent, _ context: RequestContext) async -> String?
}

/// Places orders by publishing each, and remembers them: an order counts as placed once the publisher has confirmed it.
public final class OrderPlacement: Sendable {
    /// The orders, in the order in which they were placed.
    public let orders: OrderStore
    private let keys: IdempotencyKeys

    /// Makes one without orders.
    ///
    /// - Parameters:
    ///   - capacity: so many orders are remembered at least; see ``OrderStore``.
    ///   - makeID: gives the identifier of an order that comes with a key; see ``IdempotencyKeys``.
    public init(
        capacity: Int = .max / 2, makeID: @escaping @Sendable (String, OrderRequest) -> OrderID = { _, _ in .random() }
    ) {
        orders = OrderStore(capacity: capacity)
        keys = IdempotencyKeys(makeID: makeID)
    }

    /// What a client is told if nothing better is known.
    public static let unavailable = "the broker cannot be reached at the moment"

    /// Places an order, and waits until it is confirmed. Requests with one key are one order.
    ///
    /// From now on the order has its place in the list. It is shown there once it is confirmed, or its outcome arrives. A further
    /// attempt with the same key sends the same order.
    ///
    /// - Parameters:
    ///   - mayPlace: whether the service knows its orders and keys. To be asked before this is called: until the keys of
    ///     earlier orders are known, one of them would be taken for a new one.
    /// - Returns: the order as it is answered, and whether another request has placed it before.
    /// - Throws: ``OrderRefusal``.
    public func place(
        _ request: OrderRequest, _ context: RequestContext, mayPlace: Bool, by publisher: some OrderPublisher
    ) async throws(OrderRefusal) -> (order: Order, isReplay: Bool) {
        let (id, isReplay) = try await keys.once(context.idempotencyKey, request) { id in
            let order = Order(id: id, item: request.item, quantity: request.quantity)
            return await attempt(order, context, by: mayPlace ? publisher : nil)
        }
        if orders.order(id) == nil {
            // Its key was restored, and the order was given up before, or forgotten since: it is sent once more.
            let order = Order(id: id, item: request.item, quantity: request.quantity)
            let again = await attempt(order, context, by: mayPlace ? publisher : nil)
            if case .unsettled(let refusal) = again { throw refusal }
        }
        guard var order = orders.order(id) else {
            let order = Order(id: id, item: request.item, quantity: request.quantity)
            throw .unconfirmed(order, OrderPlacement.unavailable)
        }
        // A new order is answered as it was placed, even if its outcome was faster than the confirm.
        if !isReplay { order.status = .placed }
        return (order, isReplay)
    }

    private func attempt(
        _ order: Order, _ context: RequestContext, by publisher: (some OrderPublisher)?
    ) async -> IdempotencyKeys.Attempt {
        // An earlier attempt may have placed it after all, as its outcome has told since.
        if orders.order(order.id) != nil { return .settled }
        guard let publisher, publisher.isAvailable else {
            return .unsettled(.unconfirmed(order, OrderPlacement.unavailable))
        }
        let placed = orders.hide(order)
        guard let problem = await publisher.publish(OrderEvent(.placed, placed), context) else {
            orders.show(order.id)
            return .settled
        }
        // Remembered in case that its outcome arrives, which it may have done already.
        orders.giveUp(order.id)
        return orders.order(order.id) != nil ? .settled : .unsettled(.unconfirmed(placed, problem))
    }

    /// The keys that have an order, oldest first.
    public var settledKeys: [IdempotencyKeys.Settled] { keys.settled }

    /// Remembers a key that was used before the service was started.
    public func restoreKey(_ key: String, of order: Order) {
        keys.restore(key, OrderRequest(item: order.item, quantity: order.quantity), order.id)
    }
}
