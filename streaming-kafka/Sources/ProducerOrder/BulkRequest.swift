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

    /// How many orders one bulk may have.
    static let counts = 1...1_000_000

    init(count: Int, item: String? = nil, quantity: Int = 1) {
        self.count = count
        self.item = item
        self.quantity = quantity
    }

    /// Reads `count`, `item` and `quantity`; the last two may be missing.
    ///
    /// - Throws: ``InvalidField`` with the first field that is missing, of the wrong type or out of range.
    init(from json: JSONObject) throws(InvalidField) {
        count = try json.integer("count", in: BulkRequest.counts)
        item = json.has("item") ? try json.item() : nil
        quantity = json.has("quantity") ? try json.quantity() : 1
    }

    /// The item of the order at an index.
    func item(at index: Int) -> String { item ?? Order.menu[index % Order.menu.count] }
}
