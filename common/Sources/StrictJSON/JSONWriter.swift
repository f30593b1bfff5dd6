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

    /// Writes a name that stands in the program; its value must follow. It must need no escapes.
    public mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes any name; its value must follow.
    @_disfavoredOverload
    public mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Fields

    /// Writes a field with a string, escaped where JSON asks for it.
    public mutating func field(_ name: StaticString, _ value: String) {
        self.name(name)
        self.value(value)
    }

    /// Writes a field with an integer.
    public mutating func field(_ name: StaticString, _ value: Int) {
        self.name(name)
        self.value(value)
    }

    /// Writes a field of any name with an integer.
    @_disfavoredOverload
    public mutating func field(_ name: String, _ value: Int) {
        self.name(name)
        self.value(value)
    }

    /// Writes a field with a number: `null` where it is not finite, and no fraction where it has none.
    public mutating func field(_ name: StaticString, _ value: Double) {
        self.name(name)
        self.value(value)
    }

    /// Writes a field of any name with a number.
    @_disfavoredOverload
    public mutating func field(_ name: String, _ value: Double) {
        self.name(name)
        self.value(value)
    }

    /// Writes a field with `true` or `false`.
    public mutating func field(_ name: StaticString, _ value: Bool) {
        self.name(name)
        self.value(value)
    }

    /// Writes a field with `null`.
    public mutating func null(_ name: StaticString) {
        self.name(name)
        nullValue()
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

    /// Writes `true` or `false` as an element.
    public mutating func value(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Writes `null` as an element.
    public mutating func nullValue() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes a number as an element, in the shortest form that reads back as the same value.
    public mutating func value(_ value: Double) {
        guard value.isFinite else { return nullValue() }
        if let whole = Int(exactly: value), abs(whole) < 1 << 53 { return self.value(whole) }
        if microseconds(value) { return }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Writes a time, which is a whole number of microseconds below 2³² seconds, without searching for its shortest form.
    ///
    /// No double below 2³² lies within half a microsecond of two such numbers. So six decimals without the zeros at their end are
    /// the shortest form.
    ///
    /// - Returns: whether it is such a number.
    private mutating func microseconds(_ value: Double) -> Bool {
        guard value >= 1, value < 0x1p32 else { return false }
        let microseconds = Int((value * 1e6).rounded())
        guard Double(microseconds) / 1e6 == value else { return false }
        separate()
        var (rest, digits) = (microseconds, 6)
        while rest % 10 == 0 {
            rest /= 10
            digits -= 1
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { text in
            var start = text.count
            func put(_ character: UInt8) {
                start -= 1
                text[start] = character
            }
            while rest > 0 || digits > 0 {
                put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
                rest /= 10
                digits -= 1
                if digits == 0 { put(UInt8(ascii: ".")) }
            }
            bytes.append(contentsOf: text[start...])
        }
        return true
    }

    /// Writes a string of plain ASCII characters, none of which needs an escape, as an element.
    ///
    /// - Parameters:
    ///   - count: how many characters there are.
    ///   - write: writes all of them.
    public mutating func plain(_ count: Int, _ write: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) {
            write($0)
            bytes.append(contentsOf: $0)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: Text that is taken in pieces

    /// Opens an array whose elements do not come all at once; ``endArray()`` closes it.
    public mutating func beginArray() { open("[") }

    /// Closes the array that ``beginArray()`` has opened.
    public mutating func endArray() { close("]") }

    /// Writes one space, which means nothing between two elements (RFC 8259, section 2).
    public mutating func space() { bytes.append(UInt8(ascii: " ")) }

    /// Takes out the text so far; what is written next continues it.
    public mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Makes room for so many further bytes.
    public mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    // MARK: Parts

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
            var isPlain = true
            for byte in utf8 where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                isPlain = false
            }
            if isPlain {
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
