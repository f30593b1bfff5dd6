internal import CampusModel
internal import StrictJSON

/// What a client asks for with `POST /orders/bulk`.
struct BulkRequest: Sendable, Equatable {
    /// How many orders, 1 to 1,000,000.
    let count: Int
    /// What each is for; the menu in turn where there is none.
    let item: String?
    /// The quantity of each.
    let quantity: Int

    /// The fields of the request; the last two may be missing.
    static let fields = (
        count: Field.integer("count", "How many orders.", in: 1...1_000_000, example: 10_000),
        item: OrderFields.item.ifThere, quantity: OrderFields.quantity.or(1)
    )

    init(count: Int, item: String? = nil, quantity: Int = 1) {
        self.count = count
        self.item = item
        self.quantity = quantity
    }

    /// The item of the order at an index.
    func item(at index: Int) -> String { item ?? Order.menu[index % Order.menu.count] }
}
