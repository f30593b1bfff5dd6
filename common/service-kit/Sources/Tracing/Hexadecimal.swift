/// Numbers as hexadecimal digits, as trace contexts write them: lower case only.
enum Hexadecimal {
    /// The number that up to 16 digits of a text stand for; `nil` if one of them is no digit, or in upper case.
    static func number(_ text: UnsafeBufferPointer<UInt8>, _ places: Range<Int>) -> UInt64? {
        var number: UInt64 = 0
        for place in places {
            let digit = text[place]
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }

    /// Writes a number with so many digits to `target`, from an index on.
    static func write(_ number: UInt64, _ count: Int, to target: UnsafeMutableBufferPointer<UInt8>, at index: Int) {
        var rest = number
        for place in stride(from: index + count - 1, through: index, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 0xF)
            target[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            rest >>= 4
        }
    }

    /// A number with all its 16 digits.
    static func text(_ number: UInt64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { target, count in
            write(number, 16, to: target, at: 0)
            count = 16
        }
    }
}
