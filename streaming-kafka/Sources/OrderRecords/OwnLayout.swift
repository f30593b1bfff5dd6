internal import CampusModel
internal import Glibc
internal import Workflow

/// Reads a value that is laid out exactly as ``OrderEvent/value`` lays it out, in a quarter of the time that JSON in general takes.
///
/// Nearly every event of the lab is read four times, and so this is a tenth of what an order costs (the design notes of the
/// README have the measurement). What differs in the least, a space, a further field or another order of fields, is left to
/// ``StrictJSON/JSONObject``. So this decides nothing about what is malformed, and a new field of an event needs no line here.
struct OwnLayout {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The event; `nil` where the layout is another one, or a value is out of its range.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> OrderEvent? {
        var reader = OwnLayout(bytes)
        return reader.event()
    }

    private mutating func event() -> OrderEvent? {
        guard skip(#"{"type":""#), let kind = kind(), skip(#"","order_id":""#), let id = orderID(),
            skip(#"","item":""#), let item = text(atMost: 64), skip(#"","quantity":"#), let quantity = quantity(),
            skip(#","status":""#), skip(kind.statusText), skip(#"","timestamp":"#), let timestamp = timestamp()
        else { return nil }
        var reason: String?
        if kind == .failed, skip(#","reason":""#) {
            reason = text(atMost: 64)
            guard reason != nil, skip("\"") else { return nil }
        }
        guard skip("}"), at == bytes.count else { return nil }
        return OrderEvent(
            kind, Order(id: id, item: item, quantity: quantity, timestamp: timestamp), reason: reason)
    }

    // MARK: Pieces

    private mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - at >= count, let base = bytes.baseAddress, memcmp(base + at, text.utf8Start, count) == 0
        else {
            return false
        }
        at += count
        return true
    }

    private mutating func kind() -> OrderEvent.Kind? {
        if skip(OrderEvent.Kind.placed.text) { return .placed }
        if skip(OrderEvent.Kind.reserved.text) { return .reserved }
        return skip(OrderEvent.Kind.failed.text) ? .failed : nil
    }

    private mutating func orderID() -> OrderID? {
        guard bytes.count - at >= 36 else { return nil }
        defer { at += 36 }
        return OrderID(utf8: UnsafeBufferPointer(rebasing: bytes[at..<at + 36]))
    }

    /// Plain ASCII without an escape, up to a quotation mark.
    private mutating func text(atMost limit: Int) -> String? {
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            guard (0x20..<0x7F).contains(bytes[at]), bytes[at] != UInt8(ascii: "\\") else { return nil }
            at += 1
        }
        guard (1...limit).contains(at - start), at < bytes.count else { return nil }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func quantity() -> Int? {
        guard let digits = digits(atMost: 4) else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int(bytes[$1] - UInt8(ascii: "0")) }
        return Order.quantities.contains(value) ? value : nil
    }

    private mutating func timestamp() -> Double? {
        let start = at
        guard let whole = digits(atMost: 12) else { return nil }
        var fraction = at..<at
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            // Zeros may lead here.
            let first = at
            while at < bytes.count, isDigit(bytes[at]) { at += 1 }
            guard at > first else { return nil }
            fraction = first..<at
        }
        // What ends a number must follow, so that strtod stops inside of the value.
        guard at < bytes.count, !isDigit(bytes[at]), bytes[at] == UInt8(ascii: ",") || bytes[at] == UInt8(ascii: "}"),
            let base = bytes.baseAddress
        else { return nil }
        let text = UnsafeRawPointer(base + start)
        let value =
            microseconds(whole, fraction)
            ?? text.withMemoryRebound(to: CChar.self, capacity: at - start) { strtod($0, nil) }
        return Order.timestamps.contains(value) ? value : nil
    }

    /// A number with up to six decimals: a quotient of two that are exact, and so rounded once, like strtod's.
    private func microseconds(_ whole: Range<Int>, _ fraction: Range<Int>) -> Double? {
        guard whole.count <= 10, fraction.count <= 6 else { return nil }
        var value = 0
        for index in whole { value = value * 10 + Int(bytes[index] & 0xF) }
        for index in fraction { value = value * 10 + Int(bytes[index] & 0xF) }
        for _ in fraction.count..<6 { value *= 10 }
        return value < 1 << 53 ? Double(value) / 1e6 : nil
    }

    /// Digits of a JSON integer: none leads with a zero that is not alone.
    private mutating func digits(atMost limit: Int) -> Range<Int>? {
        let start = at
        while at < bytes.count, isDigit(bytes[at]) { at += 1 }
        guard (1...limit).contains(at - start), at - start == 1 || bytes[start] != UInt8(ascii: "0") else { return nil }
        return start..<at
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}

extension OrderEvent.Kind {
    /// What `type` says.
    fileprivate var text: StaticString {
        switch self {
        case .placed: "OrderPlaced"
        case .reserved: "InventoryReserved"
        case .failed: "InventoryFailed"
        }
    }

    /// What `status` says.
    fileprivate var statusText: StaticString {
        switch self {
        case .placed: "placed"
        case .reserved: "reserved"
        case .failed: "failed"
        }
    }
}
