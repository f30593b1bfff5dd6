internal import Glibc

/// A JSON object as services exchange them: read strictly, once, without a copy of its values.
///
/// The text must be exactly one object of RFC 8259 in UTF-8. `JSONDecoder` does not read it: that also takes trailing commas and
/// UTF-16, and so would answer 201 if a 400 is due; and it takes many times as long. Nested values are checked and skipped: no
/// message of the lab has any that matters.
///
/// Who reads one text after the other uses one object for all of them, with ``read(_:)``: its memory is used again.
public struct JSONObject: Sendable {
    private var bytes: [UInt8]
    private var fields: [JSONField]
    /// Whether all names differ, and none holds an escape: then the first field of a name is the only one.
    private var namesDiffer = false
    /// What has held a longer text lets its memory go before the next one.
    private static let keptLength = 65_536

    /// Makes an object without fields, to read texts with.
    public init() { (bytes, fields) = ([], []) }

    /// Reads a whole text.
    ///
    /// - Throws: ``InvalidJSON`` if it is not UTF-8, not JSON, nested deeper than 128 levels, or not an object.
    public init(_ bytes: [UInt8]) throws(InvalidJSON) {
        self.bytes = bytes
        fields = []
        fields.reserveCapacity(8)
        try bytes.withUnsafeBufferPointer { bytes throws(InvalidJSON) in try JSONScanner.scan(bytes, into: &fields) }
        namesDiffer = JSONObject.namesDiffer(fields)
    }

    /// Reads a whole text in the place of the one before, as ``init(_:)`` does.
    ///
    /// - Throws: ``InvalidJSON`` as ``init(_:)`` does; then the object has no fields.
    public mutating func read(_ text: UnsafeBufferPointer<UInt8>) throws(InvalidJSON) {
        bytes.removeAll(keepingCapacity: bytes.count <= JSONObject.keptLength)
        fields.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: text)
        do throws(InvalidJSON) {
            try JSONScanner.scan(text, into: &fields)
        } catch {
            fields = []
            throw error
        }
        namesDiffer = JSONObject.namesDiffer(fields)
    }

    /// Whether there is a field of this name, whatever its value.
    public func has(_ name: StaticString) -> Bool { places(of: name).first != nil }

    /// Reads a string.
    ///
    /// - Throws: ``InvalidField`` where it is missing, there twice, or no string (a lone surrogate is none either).
    public func string(_ name: StaticString) throws(InvalidField) -> String {
        let field = try field(name)
        guard field.isString, let string = decode(field.range, isEscaped: field.kind == .escapedString) else {
            throw InvalidField(name.description, "must be a string")
        }
        return string
    }

    /// Reads a number of integral value, in any notation: `2`, `2.0` and `0.2e1` are the same.
    ///
    /// - Throws: ``InvalidField`` where it is missing, there twice, no such number, or outside `range`.
    public func integer(_ name: StaticString, in range: ClosedRange<Int>) throws(InvalidField) -> Int {
        let field = try field(name)
        guard field.kind == .number, let number = plainInteger(field.range) ?? exactInteger(bytes[field.range]),
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
        guard let number = try number(ifThere: name, in: range) else {
            throw InvalidField(name.description, "is missing")
        }
        return number
    }

    /// Reads a number, if there is a field of this name.
    ///
    /// - Throws: ``InvalidField`` if it is there twice, no number, or outside `range`.
    public func number(
        ifThere name: StaticString, in range: ClosedRange<Double>
    ) throws(InvalidField) -> Double? {
        guard let field = try field(ifThere: name) else { return nil }
        guard field.kind == .number,
            let number = plainNumber(field.range) ?? Double(String(decoding: bytes[field.range], as: UTF8.self)),
            range.contains(number)
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
        let field = try field(name)
        guard field.kind == .isTrue || field.kind == .isFalse else {
            throw InvalidField(name.description, "must be true or false")
        }
        return field.kind == .isTrue
    }

    /// Reads a string in place, without a copy unless it holds escapes.
    ///
    /// - Parameters:
    ///   - expectation: the end of a sentence that begins with the field's name, such as `"must be a UUID"`.
    ///   - accept: looks at the string's UTF-8, and says whether it is what it must be.
    /// - Throws: ``InvalidField`` if it is missing, there twice, no string, or not accepted.
    public func string(
        _ name: StaticString, _ expectation: String, accept: (UnsafeBufferPointer<UInt8>) -> Bool
    ) throws(InvalidField) {
        guard try string(ifThere: name, expectation, accept: accept) else {
            throw InvalidField(name.description, "is missing")
        }
    }

    /// Reads a string in place, as ``string(_:_:accept:)`` does, if there is a field of this name.
    ///
    /// - Returns: whether there is one.
    /// - Throws: ``InvalidField`` if it is there twice, no string, or not accepted.
    public func string(
        ifThere name: StaticString, _ expectation: String, accept: (UnsafeBufferPointer<UInt8>) -> Bool
    ) throws(InvalidField) -> Bool {
        guard let field = try field(ifThere: name) else { return false }
        guard field.isString, isAccepted(field, accept) else { throw InvalidField(name.description, expectation) }
        return true
    }

    /// Reads a string that is one of an enumeration's raw values, if there is a field of this name.
    ///
    /// - Returns: the value; `nil` if there is no such field.
    /// - Throws: ``InvalidField`` if it is there twice, no string, or none of the values.
    @inlinable
    public func value<Value: CaseIterable & RawRepresentable>(
        ifThere name: StaticString, _ expectation: String
    ) throws(InvalidField) -> Value? where Value.RawValue == String {
        var found: Value?
        _ = try string(ifThere: name, expectation) { text in
            for value in Value.allCases {
                var raw = value.rawValue
                let isIt = raw.withUTF8 { raw in
                    raw.count == text.count && (0..<raw.count).allSatisfy { raw[$0] == text[$0] }
                }
                guard isIt else { continue }
                found = value
                return true
            }
            return false
        }
        return found
    }

    private func isAccepted(_ field: JSONField, _ accept: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
        guard field.kind == .escapedString else {
            return bytes.withUnsafeBufferPointer { accept(UnsafeBufferPointer(rebasing: $0[field.range])) }
        }
        guard var string = decode(field.range, isEscaped: true) else { return false }
        return string.withUTF8(accept)
    }

    // MARK: Fields

    private func field(_ name: StaticString) throws(InvalidField) -> JSONField {
        guard let field = try field(ifThere: name) else { throw InvalidField(name.description, "is missing") }
        return field
    }

    private func field(ifThere name: StaticString) throws(InvalidField) -> JSONField? {
        let (first, isThereAgain) = places(of: name)
        if isThereAgain { throw InvalidField(name.description, "must be there only once") }
        return first.map { fields[$0] }
    }

    /// Where a field of this name stands first, and whether there is another one.
    private func places(of name: StaticString) -> (first: Int?, isThereAgain: Bool) {
        let (beginning, count, isOnlyOne) = (JSONField.beginning(name), name.utf8CodeUnitCount, namesDiffer)
        return fields.withUnsafeBufferPointer { fields in
            var first: Int?
            for index in fields.indices {
                let isIt =
                    if fields[index].nameIsEscaped {
                        decode(fields[index].nameRange, isEscaped: true) == name.description
                    } else {
                        fields[index].beginning == beginning && fields[index].nameCount == count
                            && (count <= 8 || isRest(fields[index].nameRange, of: name))
                    }
                guard isIt else { continue }
                if isOnlyOne { return (index, false) }
                if first != nil { return (first, true) }
                first = index
            }
            return (first, false)
        }
    }

    /// Whether all names differ already in their first eight bytes. Not asked of objects with many fields.
    private static func namesDiffer(_ fields: [JSONField]) -> Bool {
        guard fields.count <= 16 else { return false }
        return fields.withUnsafeBufferPointer { fields in
            for index in fields.indices {
                if fields[index].nameIsEscaped { return false }
                for earlier in 0..<index where fields[earlier].beginning == fields[index].beginning { return false }
            }
            return true
        }
    }

    /// Whether a name that is longer than its first eight bytes ends as this one, which is as long.
    private func isRest(_ range: Range<Int>, of name: StaticString) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            (8..<range.count).allSatisfy { bytes[range.lowerBound + $0] == name.utf8Start[$0] }
        }
    }

    private func decode(_ range: Range<Int>, isEscaped: Bool) -> String? {
        if isEscaped { return unescape(bytes[range]) }
        return bytes.withUnsafeBufferPointer {
            String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
        }
    }

    // MARK: Numbers

    /// The value of digits alone, at most eighteen; `nil` for a number that has anything else.
    private func plainInteger(_ range: Range<Int>) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            guard range.count <= 18 else { return nil }
            var value = 0
            for index in range {
                guard isDigit(bytes[index]) else { return nil }
                value = value &* 10 &+ Int(bytes[index] & 0xF)
            }
            return value
        }
    }

    /// The value of a number without sign and exponent whose digits are an integer below 2⁵³; `nil` for others.
    ///
    /// Such a number is the quotient of two that a `Double` holds exactly, and so is rounded once, as `strtod` does it (Clinger:
    /// "How to Read Floating Point Numbers Accurately", 1990).
    private func plainNumber(_ range: Range<Int>) -> Double? {
        bytes.withUnsafeBufferPointer { bytes in
            guard range.count <= 17 else { return nil }
            var (value, point) = (0, range.upperBound)
            for index in range {
                let byte = bytes[index]
                if isDigit(byte) {
                    value = value &* 10 &+ Int(byte & 0xF)
                } else if byte == UInt8(ascii: ".") {
                    point = index + 1
                } else {
                    return nil
                }
            }
            guard value < 1 << 53 else { return nil }
            return Double(value) / JSONObject.powersOfTen[range.upperBound - point]
        }
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    ]
}

/// `60` rather than `60.0`, as a person writes it.
private func shortest(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
}
