public import CampusModel
public import Journal

/// What OrderService writes to its journal.
public enum OrderEntry: Sendable, Equatable {
    /// An order was placed: it is on its way to the exchange, or there already.
    case placed(Order, key: String?, requestID: String?)
    /// The outcome of an order. It has all that an order has, since an outcome may be the first that is heard of an order.
    case outcome(Order, key: String?)
    /// The client was told that the order was not placed. It may be in the queue all the same.
    case givenUp(OrderID)
    /// The broker has answered for all orders that were placed in records up to this one: they need not be sent again.
    case sent(upTo: UInt64)
    /// In a snapshot: an order that is known.
    case known(Order)
    /// In a snapshot: a client's key, and the order that it stands for.
    case key(String, OrderID, item: String, quantity: Int)

    /// Writes the entry.
    public func write(to writer: inout BinaryWriter) {
        switch self {
        case .placed(let order, let key, let requestID):
            writer.byte(1)
            writer.order(order)
            writer.text(key ?? "")
            writer.text(requestID ?? "")
        case .outcome(let order, let key):
            writer.byte(2)
            writer.order(order)
            writer.text(key ?? "")
        case .givenUp(let id):
            writer.byte(3)
            writer.id(id)
        case .sent(let record):
            writer.byte(4)
            writer.number(record)
        case .known(let order):
            writer.byte(5)
            writer.order(order)
        case .key(let key, let id, let item, let quantity):
            writer.byte(6)
            writer.text(key)
            writer.id(id)
            writer.text(item)
            writer.number(UInt64(quantity))
        }
    }

    /// Reads the next entry.
    public init(from reader: inout BinaryReader) throws(JournalDamage) {
        switch try reader.byte() {
        case 1:
            let order = try reader.order()
            self = .placed(order, key: try reader.textOrNone(), requestID: try reader.textOrNone())
        case 2:
            let order = try reader.order()
            self = .outcome(order, key: try reader.textOrNone())
        case 3: self = .givenUp(try reader.id())
        case 4: self = .sent(upTo: try reader.number())
        case 5: self = .known(try reader.order())
        case 6:
            let (key, id) = (try reader.text(), try reader.id())
            let item = try reader.item()
            self = .key(key, id, item: item, quantity: try reader.quantity())
        case let kind: throw .malformed("an entry is of the unknown kind \(kind)")
        }
    }
}

extension BinaryWriter {
    /// Writes an identifier, 16 bytes.
    public mutating func id(_ id: OrderID) {
        word(id.high)
        word(id.low)
    }

    /// Writes an order.
    public mutating func order(_ order: Order) {
        id(order.id)
        text(order.item)
        number(UInt64(order.quantity))
        byte(order.status.code)
        time(order.timestamp)
    }
}

extension BinaryReader {
    /// Reads an identifier.
    public mutating func id() throws(JournalDamage) -> OrderID { OrderID(high: try word(), low: try word()) }

    /// Reads an item's name.
    public mutating func item() throws(JournalDamage) -> String {
        let item = try text()
        guard Order.isItem(item) else { throw .malformed("an item has an impossible name") }
        return item
    }

    /// Reads a quantity.
    public mutating func quantity() throws(JournalDamage) -> Int { try number(in: Order.quantities) }

    /// Reads an order.
    public mutating func order() throws(JournalDamage) -> Order {
        let (id, item, quantity) = (try id(), try item(), try quantity())
        let code = try byte()
        guard let status = OrderStatus(code: code) else { throw .malformed("an order has the unknown status \(code)") }
        return Order(id: id, item: item, quantity: quantity, status: status, timestamp: try time())
    }

    /// Reads a text that stands for none if it is empty.
    public mutating func textOrNone() throws(JournalDamage) -> String? {
        let text = try text()
        return text.isEmpty ? nil : text
    }
}

extension OrderStatus {
    /// The status as a byte of a journal.
    fileprivate var code: UInt8 {
        switch self {
        case .placed: 0
        case .reserved: 1
        case .failed: 2
        case .notified: 3
        case .timeout: 4
        }
    }

    fileprivate init?(code: UInt8) {
        guard let status = OrderStatus.allCases.first(where: { $0.code == code }) else { return nil }
        self = status
    }
}
