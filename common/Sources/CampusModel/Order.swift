internal import Glibc
public import StrictJSON

/// What has become of an order.
public enum OrderStatus: String, Sendable, CaseIterable {
    /// Taken, nothing decided yet.
    case placed
    /// Inventory holds the quantity. In Part A the notification was not sent, or not yet; in Parts B and C this is the last status
    /// of an order that succeeds.
    case reserved
    /// Inventory refused the order, or its outcome is not known. If it is not known, the order may hold stock until a release or
    /// an outcome arrives.
    case failed
    /// Its stock is held and the notification was sent.
    case notified
    /// Inventory gave no answer in time (Part A only); it holds no stock once the release has arrived.
    case timeout
}

/// One order of the campus kitchen, the same value in all three parts.
public struct Order: Sendable, Equatable {
    /// Identifies the order; never used twice.
    public let id: OrderID
    /// What is ordered: 1 to 64 Unicode scalars, no control characters.
    public let item: String
    /// How many portions, 1 to 1000.
    public let quantity: Int
    /// What has become of it.
    public var status: OrderStatus
    /// When it was placed, in seconds since 1970 with a fraction.
    public let timestamp: Double

    /// Makes an order from parts that are known to be valid; ``OrderRequest`` is what checks a client's.
    public init(
        id: OrderID = .random(), item: String, quantity: Int, status: OrderStatus = .placed,
        timestamp: Double = Order.now()
    ) {
        self.id = id
        self.item = item
        self.quantity = quantity
        self.status = status
        self.timestamp = timestamp
    }

    /// The time in seconds since 1970, to the microsecond.
    public static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        // One quotient of two exact numbers, so that it is the double next to what its six decimals say.
        return Double(time.tv_sec * 1_000_000 + time.tv_nsec / 1000) / 1e6
    }

    /// Whether a text can name an item: 1 to 64 Unicode scalars, no control characters (category Cc).
    public static func isItem(_ text: String) -> Bool {
        var text = text
        if text.withUTF8({ isPlainItem($0) }) { return true }
        let scalars = text.unicodeScalars
        return itemLengths.contains(scalars.prefix(itemLengths.upperBound + 1).count)
            && !scalars.contains { $0.properties.generalCategory == .control }
    }

    /// Whether a text is an item of plain ASCII, as nearly all are: the tables of Unicode need not be asked about it.
    static func isPlainItem(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard itemLengths.contains(text.count) else { return false }
        for byte in text where byte < 0x20 || byte >= 0x7F { return false }
        return true
    }

    /// How many Unicode scalars the name of an item may have.
    public static let itemLengths = 1...64
    /// The quantities that one order may have.
    public static let quantities = 1...1000
    /// What is in stock in every part at the start.
    public static let menu = ["burger", "pizza", "salad"]
}

extension Order {
    /// Reads an order from a JSON object with all five fields.
    ///
    /// - Throws: ``InvalidField`` with the first field that is missing, of the wrong type or out of range.
    public init(from json: JSONObject) throws(InvalidField) {
        self.init(
            id: try json.orderID("order_id"), item: try json.item(), quantity: try json.quantity(),
            status: try json.status(), timestamp: try json.number("timestamp", in: Order.timestamps))
    }

    /// Seconds since 1970 that are read as a time: up to the end of the year 9999.
    public static let timestamps = 0.0...253_402_300_799.999_999

    /// Writes the five fields, always in the same order, into an object that is open.
    public func writeFields(to json: inout JSONWriter) {
        json.field("order_id", id)
        json.field("item", item)
        json.field("quantity", quantity)
        json.field("status", status.rawValue)
        json.field("timestamp", timestamp)
    }
}

/// What a client asks for with `POST /order`: an order without identity.
public struct OrderRequest: Sendable, Equatable {
    /// See ``Order/item``.
    public let item: String
    /// See ``Order/quantity``.
    public let quantity: Int

    /// Takes an item and a quantity that are known to be valid.
    public init(item: String, quantity: Int) {
        self.item = item
        self.quantity = quantity
    }
}

extension JSONObject {
    /// Reads the field `item`: a string of 1 to 64 Unicode scalars without control characters (category Cc).
    public func item() throws(InvalidField) -> String {
        var plain: String?
        try string("item", "must be a string") { utf8 in
            if Order.isPlainItem(utf8) { plain = String(decoding: utf8, as: UTF8.self) }
            return true
        }
        if let plain { return plain }
        let item = try string("item")
        guard Order.isItem(item) else {
            let (shortest, longest) = (Order.itemLengths.lowerBound, Order.itemLengths.upperBound)
            throw InvalidField("item", "must have \(shortest) to \(longest) characters and no control characters")
        }
        return item
    }

    /// Reads the field `quantity`: a number of integral value from 1 to 1000.
    public func quantity() throws(InvalidField) -> Int {
        try integer("quantity", in: Order.quantities)
    }

    /// Reads the field `status`.
    public func status() throws(InvalidField) -> OrderStatus {
        guard let status = try statusIfThere() else { throw InvalidField("status", "is missing") }
        return status
    }

    /// Reads the field `status`, if there is one.
    public func statusIfThere() throws(InvalidField) -> OrderStatus? {
        try value(ifThere: "status", OrderStatus.expectation)
    }
}

extension OrderStatus {
    /// Says which values there are, as the end of a sentence that begins with the field's name.
    public static let expectation = "must be one of " + allCases.map(\.rawValue).joined(separator: ", ")
}
