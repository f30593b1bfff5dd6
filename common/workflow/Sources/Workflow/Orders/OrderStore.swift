public import CampusModel
internal import Containers
internal import Synchronization

/// A service's own memory of orders, in the order they were placed.
public final class OrderStore: Sendable {
    /// Whether an order is shown.
    fileprivate enum Visibility: UInt8 {
        case shown
        /// It waits for its confirm.
        case pending
        /// It was not confirmed in time; its outcome may arrive all the same.
        case givenUp
        /// It was forgotten: nothing leads to its place any more.
        case forgotten
    }

    private struct State {
        var orders = SegmentedArray<Order>()
        var places = SegmentedDictionary<OrderID, Int>()
        var visibilities = SegmentedArray<Visibility>()
        /// How many places are not shown.
        var hiddenCount = 0
        /// The orders that were given up, the oldest first; one that was shown since, or given up again, may still stand here.
        var givenUp = Deque<OrderID>()
        /// How many places of a segment are forgotten, by the segment's number.
        var forgottenCounts: [Int: Int] = [:]
        /// Of the places before this one, those of orders that have their outcome were forgotten.
        var first = 0
        /// So many orders are remembered at least.
        let capacity: Int

        /// The place of an order, which is added where it has none.
        ///
        /// - Returns: the place, and whether the order was added.
        mutating func place(_ order: Order, as visibility: Visibility) -> (place: Int, isNew: Bool) {
            let place = places.insert(orders.count, for: order.id)
            guard place == orders.count else { return (place, false) }
            orders.append(order)
            visibilities.append(visibility)
            if visibility != .shown { hiddenCount += 1 }
            forgetOldest()
            return (place, true)
        }

        /// Forgets the oldest orders that have their outcome, a segment at a time, once there are more than so many.
        private mutating func forgetOldest() {
            let length = SegmentedArray<Order>.segmentLength
            while orders.count - first >= capacity + length {
                for place in first..<first + length { forgetIfDecided(place) }
                first += length
            }
        }

        private mutating func forgetIfDecided(_ place: Int) {
            guard visibilities[place] == .shown, orders[place].status != .placed else { return }
            visibilities[place] = .forgotten
            hiddenCount += 1
            places[orders[place].id] = nil
            countForgotten(SegmentedArray<Order>.segment(of: place))
        }

        /// Whether a place belongs to a list of this status; with `nil` of any.
        func isListed(_ place: Int, _ status: OrderStatus?) -> Bool {
            visibilities[place] == .shown && (status == nil || orders[place].status == status)
        }

        mutating func hide(_ order: Order) -> Order {
            let (place, isNew) = place(order, as: .pending)
            guard !isNew else { return order }
            // It is tried again.
            if visibilities[place] == .givenUp { visibilities[place] = .pending }
            return orders[place]
        }

        mutating func show(_ place: Int) {
            guard visibilities[place] != .shown else { return }
            visibilities[place] = .shown
            hiddenCount -= 1
        }

        mutating func settle(_ order: Order) -> Bool {
            let (place, isNew) = place(order, as: .shown)
            guard !isNew else { return true }
            guard orders[place].status == .placed else { return false }
            orders[place].status = order.status
            show(place)
            return true
        }

        mutating func giveUp(_ id: OrderID, keeping limit: Int) {
            guard let place = places[id], visibilities[place] == .pending else { return }
            visibilities[place] = .givenUp
            givenUp.append(id)
            while givenUp.count > limit, let oldest = givenUp.popFirst() { forget(oldest) }
        }

        /// The memory of a place is freed with that of its neighbours: those that were given up mostly stand together.
        private mutating func forget(_ id: OrderID) {
            guard let place = places[id], visibilities[place] == .givenUp else { return }
            visibilities[place] = .forgotten
            places[id] = nil
            countForgotten(SegmentedArray<Order>.segment(of: place))
        }

        private mutating func countForgotten(_ segment: Int) {
            forgottenCounts[segment, default: 0] += 1
            if forgottenCounts[segment] == SegmentedArray<Order>.segmentLength, orders.free(segment: segment) {
                forgottenCounts[segment] = nil
            }
        }
    }
    private let state: Mutex<State>

    private let mostGivenUp: Int

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - capacity: so many orders are remembered at least; the oldest of those that have their outcome are then forgotten.
    ///   - mostGivenUp: so many orders that were given up are remembered, in case that their outcome arrives.
    public init(capacity: Int = .max / 2, mostGivenUp: Int = 100_000) {
        state = Mutex(State(capacity: capacity))
        self.mostGivenUp = mostGivenUp
    }

    /// Adds an order, or replaces the one of the same identifier in its place.
    ///
    /// - Parameter replacesShown: whether one that is shown is replaced too.
    public func put(_ order: Order, replacesShown: Bool = true) {
        state.withLock { state in
            let (place, isNew) = state.place(order, as: .shown)
            guard !isNew, replacesShown || state.visibilities[place] != .shown else { return }
            state.orders[place] = order
            state.show(place)
        }
    }

    /// Gives an order its place among the others without showing it; ``show(_:)`` does, or ``setStatus(_:of:)``.
    ///
    /// - Returns: the order that has this identifier: the one given, or the one that was there before.
    public func hide(_ order: Order) -> Order { state.withLock { $0.hide(order) } }

    /// Gives many new orders their places at once, in this order.
    public func hide(_ orders: [Order]) {
        state.withLock { state in for order in orders { _ = state.hide(order) } }
    }

    /// Notes that a hidden order was not confirmed; harmless where it is shown or not known.
    ///
    /// Its outcome, or a further attempt, still finds it in its place, unless so many were given up since that it was
    /// forgotten: what nobody ever confirms must not take memory for ever.
    public func giveUp(_ id: OrderID) { giveUp(CollectionOfOne(id)) }

    /// Gives up many orders at once.
    public func giveUp(_ ids: some Collection<OrderID>) {
        state.withLock { state in for id in ids { state.giveUp(id, keeping: mostGivenUp) } }
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

    /// Takes an order out of sight that has no outcome; harmless if it is not shown, or not known.
    ///
    /// If its outcome arrives after all, or a further attempt succeeds, it is shown again.
    public func withdraw(_ id: OrderID) {
        state.withLock { state in
            guard let place = state.places[id], state.visibilities[place] == .shown,
                state.orders[place].status == .placed
            else { return }
            state.visibilities[place] = .pending
            state.hiddenCount += 1
            state.giveUp(id, keeping: mostGivenUp)
        }
    }

    /// How many places there are for orders, for ``orders(from:to:most:)``.
    public var placeCount: Int { state.withLock { $0.orders.count } }

    /// The orders that are shown in a range of places.
    ///
    /// - Returns: so many at most, and the place after the last one that was looked at.
    public func orders(from start: Int, to end: Int, most: Int) -> (orders: [Order], next: Int) {
        orders(from: start, to: end, most: most, status: nil)
    }

    /// The orders of a status that are shown in a range of places; with `nil` of any status.
    ///
    /// - Returns: so many at most, and the place after the last one that was looked at.
    func orders(from start: Int, to end: Int, most: Int, status: OrderStatus?) -> (orders: [Order], next: Int) {
        state.withLock { state in
            var found: [Order] = []
            var place = start
            while place < end, found.count < most {
                if state.isListed(place, status) { found.append(state.orders[place]) }
                place += 1
            }
            return (found, place)
        }
    }

    /// Looks through a range of places from its end, for so many orders of a status that are shown.
    ///
    /// - Returns: the place of the last one that was looked at, and how many were found from there on.
    func lookBack(in places: Range<Int>, most: Int, status: OrderStatus?) -> (place: Int, found: Int) {
        state.withLock { state in
            var (place, found) = (places.upperBound, 0)
            while place > places.lowerBound, found < most {
                place -= 1
                if state.isListed(place, status) { found += 1 }
            }
            return (place, found)
        }
    }

    /// The place of an order, `nil` if it is not known or not shown.
    func place(of id: OrderID) -> Int? {
        state.withLock { state in
            guard let place = state.places[id], state.visibilities[place] == .shown else { return nil }
            return place
        }
    }

    /// The order of an identifier, `nil` where it is not known or not shown.
    public func order(_ id: OrderID) -> Order? {
        state.withLock { state in
            guard let place = state.places[id], state.visibilities[place] == .shown else { return nil }
            return state.orders[place]
        }
    }

    /// All orders that are shown, oldest first.
    public var orders: [Order] {
        let snapshot = snapshot
        return snapshot.indices.filter(snapshot.isShown).map { snapshot.orders[$0] }
    }

    /// The store as it is now, sharing memory with it.
    var snapshot: Snapshot {
        state.withLock { Snapshot(orders: $0.orders, visibilities: $0.visibilities, hiddenCount: $0.hiddenCount) }
    }

    struct Snapshot {
        let orders: SegmentedArray<Order>
        fileprivate let visibilities: SegmentedArray<Visibility>
        fileprivate let hiddenCount: Int
        var indices: Range<Int> { 0..<orders.count }

        func isShown(_ index: Int) -> Bool { hiddenCount == 0 || visibilities[index] == .shown }
    }
}
