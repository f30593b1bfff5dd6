public import CampusModel
internal import StrictJSON

extension OrderStore {
    /// Which orders a list is to have.
    public struct Filter: Sendable {
        /// Only those of this status.
        public var status: OrderStatus?
        /// Only the one of this identifier.
        public var id: OrderID?
        /// Only those that have their place after this one.
        public var after: OrderID?
        /// Only the newest so many, from 1; together with ``after`` the next so many.
        public var limit: Int?

        /// All orders.
        public init() {}
    }

    /// The orders that a filter names as one JSON array, oldest first. Orders that are placed later are not part of it.
    ///
    /// Each order is written as it is when its piece is made. The newest so many are looked for in steps, and between two steps
    /// whoever shares the executor gets on.
    ///
    /// - Throws: ``UnknownOrder`` if ``Filter/after`` is not shown, or was forgotten.
    public func list(_ filter: Filter) async throws(UnknownOrder) -> ListPieces {
        let end = placeCount
        var start = 0
        if let after = filter.after {
            guard let place = place(of: after) else { throw UnknownOrder(id: after) }
            start = place + 1
        }
        // The order may have come after the end was fixed.
        var places = start..<max(start, end)
        if let id = filter.id {
            places = place(of: id).flatMap { $0 < start ? nil : $0..<$0 + 1 } ?? 0..<0
        } else if let limit = filter.limit, filter.after == nil {
            let first = await ListPieces.first(ofNewest: limit, in: places) {
                lookBack(in: $0, most: $1, status: filter.status)
            }
            places = first..<end
        }
        return ListPieces(places: places, most: filter.limit ?? .max) { [self] places, most, json in
            let (orders, next) = orders(
                from: places.lowerBound, to: places.upperBound, most: most, status: filter.status)
            for order in orders { json.object { order.writeFields(to: &$0) } }
            return (orders.count, next)
        }
    }
}
