/// The value of a hexadecimal digit in ASCII, `nil` for anything else.
func hexDigitValue(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
}

func isDigit(_ character: UInt8) -> Bool {
    character >= UInt8(ascii: "0") && character <= UInt8(ascii: "9")
}

/// The characters of a JSON string whose escapes are well formed; `nil` where a surrogate stands alone.
func unescape(_ text: ArraySlice<UInt8>) -> String? {
    var units: [UInt16] = []
    var result = ""
    var rest = text[...]
    // UTF-16 units gather until something else comes, since a character may be two escapes.
    func flush() -> Bool {
        guard !units.isEmpty else { return true }
        guard let characters = String(validating: units, as: UTF16.self) else { return false }
        result += characters
        units.removeAll()
        return true
    }
    while let first = rest.popFirst() {
        if first != UInt8(ascii: "\\") {
            guard flush() else { return nil }
            let plain = rest.prefix { $0 != UInt8(ascii: "\\") }
            result += String(decoding: [first] + plain, as: UTF8.self)
            rest = rest[plain.endIndex...]
            continue
        }
        switch rest.popFirst().map({ UnicodeScalar($0) }) {
        case "u":
            units.append(rest.prefix(4).reduce(0) { $0 << 4 | UInt16(hexDigitValue($1) ?? 0) })
            rest = rest.dropFirst(4)
        case "b": units.append(0x08)
        case "f": units.append(0x0C)
        case "n": units.append(0x0A)
        case "r": units.append(0x0D)
        case "t": units.append(0x09)
        case let character?: units.append(UInt16(character.value))
        case nil: return nil
        }
    }
    return flush() ? result : nil
}

/// The value of a JSON number, exactly; `nil` where it is not integral or does not fit 18 digits.
///
/// Done on the digits: by way of a `Double`, `1.00000000000000000001` would count as 1.
func exactInteger(_ number: ArraySlice<UInt8>) -> Int? {
    var rest = number[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest.removeFirst() }
    let mantissa = rest.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
    let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }
    let fraction = mantissa.dropFirst(whole.count + 1)
    var digits = Array(whole.drop { $0 == UInt8(ascii: "0") }) + fraction
    while digits.last == UInt8(ascii: "0"), digits.count > 0 { digits.removeLast() }
    guard digits.contains(where: { $0 != UInt8(ascii: "0") }) else { return 0 }
    // What was stripped at the end belongs to the exponent.
    let stripped = whole.drop { $0 == UInt8(ascii: "0") }.count + fraction.count - digits.count
    let exponent = exponentValue(rest.dropFirst(mantissa.count + 1)) - fraction.count + stripped
    guard exponent >= 0, exponent <= 18 else { return nil }
    let significant = digits.drop { $0 == UInt8(ascii: "0") }
    guard significant.count + exponent <= 18 else { return nil }
    var value = significant.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    for _ in 0..<exponent { value *= 10 }
    return isNegative ? -value : value
}

/// The exponent's value, held within a million either way, beyond which its size does not matter.
private func exponentValue(_ text: ArraySlice<UInt8>) -> Int {
    var rest = text[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    let value = rest.reduce(0) { min($0 * 10 + Int($1 - UInt8(ascii: "0")), 1_000_000) }
    return isNegative ? -value : value
}
