public import CampusModel
internal import StrictJSON

extension OrderStore {
    /// Which orders a list is to have.
    public struct Filter: Sendable {
        /// Only those of this status.
        public var status: OrderStatus?
        /// Only the one of this identifier.
        public var id: OrderID?
        /// Only the newest so many, from 1.
        public var limit: Int?

        /// The limits that a client may give.
        public static let limits = 1...1_000_000_000

        /// All orders.
        public init() {}
    }

    /// The orders that a filter names as one JSON array, oldest first. Orders that are placed later are not part of it.
    ///
    /// Each order is written as it is when its piece is made. The newest so many are looked for in steps, and between two steps
    /// whoever shares the executor gets on.
    public func list(_ filter: Filter) async -> ListPieces {
        var places = 0..<placeCount
        if let id = filter.id {
            places = place(of: id).map { $0..<$0 + 1 } ?? 0..<0
        } else if let limit = filter.limit {
            let first = await ListPieces.first(ofNewest: limit, in: places) {
                lookBack(in: $0, most: $1, status: filter.status)
            }
            places = first..<places.upperBound
        }
        return ListPieces(places: places, most: filter.limit ?? .max) { [self] places, most, json in
            let (orders, next) = orders(
                from: places.lowerBound, to: places.upperBound, most: most, status: filter.status)
            for order in orders { json.object { order.writeFields(to: &$0) } }
            return (orders.count, next)
        }
    }
}
