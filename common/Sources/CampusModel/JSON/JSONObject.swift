internal import Glibc

/// A JSON object as services exchange them: read strictly, once, without a copy of its values.
///
/// The text must be exactly one object of RFC 8259 in UTF-8. That is why it is not `JSONDecoder` that reads it, which
/// also takes trailing commas and UTF-16, and so would answer 201 where a 400 is due; it costs a fifth as well. Nested
/// values are checked and skipped: no message of the lab has any that matters.
public struct JSONObject: Sendable {
    struct Field {
        var name: JSONScanner.Text
        var value: JSONScanner.Value
    }

    private let bytes: [UInt8]
    private let fields: [Field]

    /// Reads a whole text.
    ///
    /// - Throws: ``InvalidJSON`` where it is not UTF-8, not JSON, nested deeper than 128 levels, or not an object.
    public init(_ bytes: [UInt8]) throws(InvalidJSON) {
        let result = bytes.withUnsafeBufferPointer { (bytes) -> Result<[Field], InvalidJSON> in
            do throws(InvalidJSON) {
                var scanner = JSONScanner(bytes)
                return .success(try scanner.object())
            } catch {
                return .failure(error)
            }
        }
        self.fields = try result.get()
        self.bytes = bytes
    }

    /// Whether there is a field of this name, whatever its value.
    public func has(_ name: StaticString) -> Bool { fields.contains { matches($0.name, name) } }

    /// Reads a string.
    ///
    /// - Throws: ``InvalidField`` where it is missing, there twice, or no string (a lone surrogate is none either).
    public func string(_ name: StaticString) throws(InvalidField) -> String {
        guard case .string(let text) = try value(name), let string = decode(text) else {
            throw InvalidField(name.description, "must be a string")
        }
        return string
    }

    /// Reads a number of integral value, in any notation: `2`, `2.0` and `0.2e1` are the same.
    ///
    /// - Throws: ``InvalidField`` where it is missing, there twice, no such number, or outside `range`.
    public func integer(_ name: StaticString, in range: ClosedRange<Int>) throws(InvalidField) -> Int {
        guard case .number(let digits) = try value(name), let number = exactInteger(bytes[digits]),
            range.contains(number)
        else {
            throw InvalidField(
                name.description, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Reads a number.
    ///
    /// - Throws: ``InvalidField`` where it is missing, there twice, no number, or outside `range`.
    public func number(_ name: StaticString, in range: ClosedRange<Double>) throws(InvalidField) -> Double {
        guard case .number(let digits) = try value(name),
            let number = Double(String(decoding: bytes[digits], as: UTF8.self)), range.contains(number)
        else {
            throw InvalidField(
                name.description, "must be a number from \(shortest(range.lowerBound)) to \(shortest(range.upperBound))"
            )
        }
        return number
    }

    /// Reads `true` or `false`.
    ///
    /// - Throws: ``InvalidField`` where it is missing, there twice, or neither.
    public func bool(_ name: StaticString) throws(InvalidField) -> Bool {
        guard case .bool(let bool) = try value(name) else {
            throw InvalidField(name.description, "must be true or false")
        }
        return bool
    }

    /// Reads a UUID, in upper or lower case.
    ///
    /// - Throws: ``InvalidField`` where it is missing, there twice, or no UUID.
    public func orderID(_ name: StaticString) throws(InvalidField) -> OrderID {
        guard case .string(let text) = try value(name), let id = readID(text) else {
            throw InvalidField(name.description, "must be a UUID")
        }
        return id
    }

    private func readID(_ text: JSONScanner.Text) -> OrderID? {
        guard !text.isEscaped else { return decode(text).flatMap { OrderID($0) } }
        return bytes.withUnsafeBufferPointer { OrderID(utf8: UnsafeBufferPointer(rebasing: $0[text.range])) }
    }

    private func value(_ name: StaticString) throws(InvalidField) -> JSONScanner.Value {
        var found: JSONScanner.Value?
        for field in fields where matches(field.name, name) {
            guard found == nil else { throw InvalidField(name.description, "must be there only once") }
            found = field.value
        }
        guard let found else { throw InvalidField(name.description, "is missing") }
        return found
    }

    private func matches(_ text: JSONScanner.Text, _ name: StaticString) -> Bool {
        if text.isEscaped { return decode(text) == name.description }
        guard text.range.count == name.utf8CodeUnitCount else { return false }
        return bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            return memcmp(start + text.range.lowerBound, name.utf8Start, text.range.count) == 0
        }
    }

    private func decode(_ text: JSONScanner.Text) -> String? {
        text.isEscaped ? unescape(bytes[text.range]) : String(decoding: bytes[text.range], as: UTF8.self)
    }
}

/// `60` rather than `60.0`, as a person writes it.
private func shortest(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
}
