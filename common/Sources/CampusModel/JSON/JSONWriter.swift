/// Writes JSON text: fields come out in the order they are given, so the same value is the same text each time.
public struct JSONWriter: Sendable {
    /// The text so far, UTF-8.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Makes an empty text with room for `capacity` bytes.
    public init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    /// The text of one object.
    public static func object(capacity: Int = 256, _ fields: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(capacity: capacity)
        json.object(fields)
        return json.bytes
    }

    // MARK: Structure

    /// Writes an object, as an element or as the value of a name just written.
    public mutating func object(_ fields: (inout JSONWriter) -> Void) {
        open("{")
        fields(&self)
        close("}")
    }

    /// Writes an array, as an element or as the value of a name just written.
    public mutating func array(_ elements: (inout JSONWriter) -> Void) {
        open("[")
        elements(&self)
        close("]")
    }

    /// Writes a name; its value must follow.
    public mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Fields

    /// Writes a field with a string, escaped where JSON asks for it.
    public mutating func field(_ name: String, _ value: String) {
        self.name(name)
        self.value(value)
    }

    /// Writes a field with an integer.
    public mutating func field(_ name: String, _ value: Int) {
        self.name(name)
        self.value(value)
    }

    /// Writes a field with a number: `null` where it is not finite, and no fraction where it has none.
    public mutating func field(_ name: String, _ value: Double) {
        self.name(name)
        self.value(value)
    }

    /// Writes a field with `true` or `false`.
    public mutating func field(_ name: String, _ value: Bool) {
        self.name(name)
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Writes a field with an identifier.
    public mutating func field(_ name: String, _ value: OrderID) {
        self.name(name)
        self.value(value)
    }

    /// Writes a field with `null`.
    public mutating func null(_ name: String) {
        self.name(name)
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    // MARK: Values

    /// Writes a string as an element.
    public mutating func value(_ value: String) {
        separate()
        quote(value)
    }

    /// Writes an integer as an element.
    public mutating func value(_ value: Int) {
        separate()
        if value >= 0 && value < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value))
        } else {
            bytes.append(contentsOf: value.description.utf8)
        }
    }

    /// Writes a number as an element, in the shortest form that reads back as the same value.
    public mutating func value(_ value: Double) {
        guard value.isFinite else {
            separate()
            bytes.append(contentsOf: "null".utf8)
            return
        }
        if let whole = Int(exactly: value), abs(whole) < 1 << 53 { return self.value(whole) }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Writes an identifier as an element.
    public mutating func value(_ value: OrderID) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: OrderID.textLength) {
            value.write(to: $0)
            bytes.append(contentsOf: $0)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: Pieces

    private mutating func open(_ bracket: UnicodeScalar) {
        separate()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func close(_ bracket: UnicodeScalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func quote(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            if utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
                bytes.append(contentsOf: utf8)
            } else {
                for byte in utf8 { escape(byte) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0..<0x20:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 0xF)])
        default:
            bytes.append(byte)
        }
    }
}
