public import CampusModel
internal import Synchronization

/// A service's own memory of orders, in the order they were placed.
public final class OrderStore: Sendable {
    private struct State {
        var orders = SegmentedArray<Order>()
        var places = SegmentedDictionary<OrderID, Int>()
        /// Whether the order at a place is not shown yet, and how many are not.
        var isHidden = SegmentedArray<Bool>()
        var hiddenCount = 0

        /// The place of an order, which is added where it has none.
        ///
        /// - Returns: the place, and whether the order was added.
        mutating func place(_ order: Order, isHidden: Bool) -> (place: Int, isNew: Bool) {
            let place = places.insert(orders.count, for: order.id)
            guard place == orders.count else { return (place, false) }
            orders.append(order)
            self.isHidden.append(isHidden)
            if isHidden { hiddenCount += 1 }
            return (place, true)
        }

        mutating func show(_ place: Int) {
            guard isHidden[place] else { return }
            isHidden[place] = false
            hiddenCount -= 1
        }

        mutating func settle(_ order: Order) -> Bool {
            let (place, isNew) = place(order, isHidden: false)
            guard !isNew else { return true }
            guard orders[place].status == .placed else { return false }
            orders[place].status = order.status
            show(place)
            return true
        }
    }
    private let state = Mutex(State())

    /// Makes an empty store.
    public init() {}

    /// Adds an order, or replaces the one of the same identifier in its place.
    public func put(_ order: Order) {
        state.withLock { state in
            let (place, isNew) = state.place(order, isHidden: false)
            guard !isNew else { return }
            state.orders[place] = order
            state.show(place)
        }
    }

    /// Gives an order its place among the others without showing it; ``show(_:)`` does, or ``setStatus(_:of:)``.
    ///
    /// - Returns: the order that has this identifier: the one given, or the one that was there before.
    public func hide(_ order: Order) -> Order {
        state.withLock { state in
            let (place, isNew) = state.place(order, isHidden: true)
            return isNew ? order : state.orders[place]
        }
    }

    /// Gives many new orders their places at once, in this order.
    public func hide(_ orders: [Order]) {
        state.withLock { state in for order in orders { _ = state.place(order, isHidden: true) } }
    }

    /// Shows an order that has been hidden; harmless where it is shown or not known.
    public func show(_ id: OrderID) { show(CollectionOfOne(id)) }

    /// Shows many orders at once.
    public func show(_ ids: some Collection<OrderID>) {
        state.withLock { state in
            for id in ids { if let place = state.places[id] { state.show(place) } }
        }
    }

    /// Sets an order's status, and shows it.
    ///
    /// - Returns: the order as it is now, `nil` where it is not known.
    @discardableResult
    public func setStatus(_ status: OrderStatus, of id: OrderID) -> Order? {
        state.withLock { state in
            guard let place = state.places[id] else { return nil }
            state.orders[place].status = status
            state.show(place)
            return state.orders[place]
        }
    }

    /// Takes what has become of an order, once: the first outcome is final. An order that is not known is made by it.
    ///
    /// - Parameter order: as it is after its outcome.
    /// - Returns: whether this was the first outcome.
    @discardableResult
    public func settle(_ order: Order) -> Bool { state.withLock { $0.settle(order) } }

    /// Takes what has become of many orders at once.
    public func settle(_ orders: [Order]) {
        state.withLock { state in for order in orders { _ = state.settle(order) } }
    }

    /// The order of an identifier, `nil` where it is not known or not shown.
    public func order(_ id: OrderID) -> Order? {
        state.withLock { state in
            guard let place = state.places[id], !state.isHidden[place] else { return nil }
            return state.orders[place]
        }
    }

    /// All orders, oldest first: a snapshot that shares memory with the store.
    public var orders: SegmentedArray<Order> {
        let (orders, isHidden, hiddenCount) = state.withLock { ($0.orders, $0.isHidden, $0.hiddenCount) }
        guard hiddenCount > 0 else { return orders }
        var shown = SegmentedArray<Order>()
        for index in 0..<orders.count where !isHidden[index] { shown.append(orders[index]) }
        return shown
    }
}

extension OrderStore {
    /// Which orders a list is to show.
    struct Filter {
        var status: OrderStatus?
        var id: OrderID?
        /// The newest so many.
        var limit: Int?

        /// Reads `status`, `limit` and `order_id` from the query.
        init(_ request: HTTPRequest) throws(HTTPError) {
            if let text = try request.query("status") {
                status = OrderStatus(rawValue: text)
                guard status != nil else { throw .badRequest("status \(OrderStatus.expectation)") }
            }
            if let text = try request.query("order_id") {
                id = OrderID(text)
                guard id != nil else { throw .badRequest("order_id must be a UUID") }
            }
            if let text = try request.query("limit") {
                limit = Int(text)
                guard let limit, limit > 0 else { throw .badRequest("limit must be an integer from 1") }
            }
        }
    }

    func list(_ filter: Filter) -> [UInt8] {
        var chosen: [Order] = []
        var orders = SegmentedArray<Order>()
        if let id = filter.id { order(id).map { orders.append($0) } } else { orders = self.orders }
        var json = JSONWriter(capacity: min(filter.limit ?? orders.count, orders.count) * 160 + 2)
        // The newest are found from the end; the list itself goes from the oldest.
        var index = orders.count - 1
        var first = 0
        if filter.limit != nil || filter.status != nil {
            while index >= 0, chosen.count < filter.limit ?? Int.max {
                if filter.status == nil || orders[index].status == filter.status { chosen.append(orders[index]) }
                index -= 1
            }
            first = orders.count
        }
        json.array { json in
            for order in chosen.reversed() { json.object { order.writeFields(to: &$0) } }
            while first < orders.count {
                json.object { orders[first].writeFields(to: &$0) }
                first += 1
            }
        }
        return json.bytes
    }
}

extension Router {
    /// Adds `GET /orders` and `GET /orders/{order_id}`.
    public mutating func addOrders(_ store: OrderStore) {
        get("/orders") { request in HTTPResponse(json: store.list(try OrderStore.Filter(request))) }
        get("/orders/{order_id}") { request in
            guard let id = OrderID(request.parameter) else {
                throw HTTPError.notFound("order_id must be a UUID")
            }
            guard let order = store.order(id) else { throw HTTPError.notFound("there is no such order") }
            return .order(order, status: 200)
        }
    }
}
