internal import CampusModel
internal import ServiceKit

/// The stock and every decision about it, as a pure value: no clock, no network, no lock.
///
/// At any time, for each item: initial stock = stock now + what the orders hold that are reserved and not released.
struct Inventory: Sendable {
    /// What `/reserve` comes to.
    enum Reservation: Sendable, Equatable {
        /// The order holds its quantity; so many are left.
        case reserved(remaining: Int)
        /// Too few are left.
        case insufficientStock(remaining: Int)
        /// There is no such item.
        case unknownItem
        /// The order was released before, so it must not hold anything any more.
        case released
        /// The order was here before with another item or quantity.
        case mismatch
    }

    private struct Entry: Sendable {
        let item: String
        let quantity: Int
        let reservation: Reservation
    }

    private enum Record: Sendable {
        case decided(Entry)
        case released
    }

    /// What is left of each item.
    private(set) var stock: [String: Int]
    private var records = SegmentedDictionary<OrderID, Record>()

    /// Starts with this stock and no orders.
    init(stock: [String: Int]) { self.stock = stock }

    /// Decides about an order, once: asked again, it gives the same answer and takes nothing more.
    mutating func reserve(_ id: OrderID, item: String, quantity: Int) -> Reservation {
        switch records[id] {
        case .released:
            return .released
        case .decided(let entry):
            return entry.item == item && entry.quantity == quantity ? entry.reservation : .mismatch
        case nil:
            let reservation = decide(item, quantity)
            records[id] = .decided(Entry(item: item, quantity: quantity, reservation: reservation))
            return reservation
        }
    }

    private mutating func decide(_ item: String, _ quantity: Int) -> Reservation {
        guard let left = stock[item] else { return .unknownItem }
        guard left >= quantity else { return .insufficientStock(remaining: left) }
        stock[item] = left - quantity
        return .reserved(remaining: left - quantity)
    }

    /// Gives back what an order holds, once, and refuses it from now on, also where it was not seen yet.
    ///
    /// - Returns: how many went back, 0 where it held nothing.
    mutating func release(_ id: OrderID) -> Int {
        defer { records[id] = .released }
        guard case .decided(let entry) = records[id], case .reserved = entry.reservation else { return 0 }
        stock[entry.item, default: 0] += entry.quantity
        return entry.quantity
    }
}
