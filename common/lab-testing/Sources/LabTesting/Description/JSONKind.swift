internal import Foundation

/// What a value read by `JSONSerialization` is, in the words of JSON Schema.
enum JSONKind: String {
    case null, boolean, number, string, array, object

    /// Tells the kind of a value; `nil` if `JSONSerialization` makes no such value.
    ///
    /// Foundation gives a number and a boolean as one type, `NSNumber`, and converts each to the other: `1 as? Bool` is `true`.
    /// Only the C type that the object was made from tells them apart; JSON numbers are never `c`.
    init?(_ value: Any) {
        switch value {
        case is NSNull: self = .null
        case is String: self = .string
        case is [String: Any]: self = .object
        case is [Any]: self = .array
        case let number as NSNumber: self = number.objCType.pointee == CChar(UInt8(ascii: "c")) ? .boolean : .number
        default: return nil
        }
    }

    /// Whether a value has a type of JSON Schema; an integer is a number of integral value, such as `2.0`.
    static func value(_ value: Any, has type: String) -> Bool {
        let kind = JSONKind(value)
        guard type == "integer" else { return kind?.rawValue == type }
        guard kind == .number, let number = number(value) else { return false }
        return number.rounded(.towardZero) == number
    }

    /// The number that a value is; `nil` if it is none. Beyond 2^53 it is rounded.
    static func number(_ value: Any) -> Double? {
        guard JSONKind(value) == .number else { return nil }
        return (value as? NSNumber)?.doubleValue
    }

    /// A count in a description, such as `minLength`; `nil` if the value is no whole number from 0.
    static func count(_ value: Any) -> Int? {
        number(value).flatMap { Int(exactly: $0) }.flatMap { $0 < 0 ? nil : $0 }
    }

    /// Whether two values are equal as JSON Schema takes it: `1` equals `1.0`, and neither equals `true`.
    static func areEqual(_ one: Any, _ other: Any) -> Bool {
        guard let kind = JSONKind(one), kind == JSONKind(other) else { return false }
        switch kind {
        case .null: return true
        case .boolean: return (one as? Bool) == (other as? Bool)
        case .number: return number(one) == number(other)
        case .string: return (one as? String).map { Array($0.utf8) } == (other as? String).map { Array($0.utf8) }
        case .array:
            guard let one = one as? [Any], let other = other as? [Any] else { return false }
            return one.count == other.count && zip(one, other).allSatisfy { areEqual($0, $1) }
        case .object:
            guard let one = one as? [String: Any], let other = other as? [String: Any] else { return false }
            return one.count == other.count
                && one.allSatisfy { name, value in other[name].map { areEqual($0, value) } ?? false }
        }
    }

    /// A value for a person: JSON, at most 80 characters.
    static func text(_ value: Any) -> String {
        let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]
        let data = try? JSONSerialization.data(withJSONObject: value, options: options)
        let text = data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
        return text.count > 80 ? text.prefix(79) + "…" : text
    }
}
