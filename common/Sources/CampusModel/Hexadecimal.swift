/// Eight hexadecimal digits at a time, all of them in one machine word: an identifier is read and written for every event,
/// and digit by digit that was a tenth of what a consumer does.
enum Hexadecimal {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The number that eight digits stand for, in either case; the first one is the word's highest byte.
    ///
    /// - Returns: `nil` where one of them is no digit.
    static func number(_ text: UInt64) -> UInt32? {
        // Below 0x80 no byte carries into the next one.
        guard text & highs == 0 else { return nil }
        let letters = bytes(of: text | ones &* 0x20, from: 0x61, to: 0x66)
        guard bytes(of: text, from: 0x30, to: 0x39) | letters == highs else { return nil }
        var digits = text & (ones &* 0x0F) &+ (letters >> 7) &* 9
        digits = (digits | digits >> 4) & 0x00FF_00FF_00FF_00FF
        digits = (digits | digits >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: digits | digits >> 16)
    }

    /// The highest bit of each byte that lies in a range.
    private static func bytes(of word: UInt64, from first: UInt64, to last: UInt64) -> UInt64 {
        (word &+ ones &* (0x80 - first)) & ~(word &+ ones &* (0x7F - last)) & highs
    }

    /// The eight digits of a number, in lower case; the first one is the word's highest byte.
    static func text(_ number: UInt32) -> UInt64 {
        var digits = UInt64(number)
        digits = (digits | digits << 16) & 0x0000_FFFF_0000_FFFF
        digits = (digits | digits << 8) & 0x00FF_00FF_00FF_00FF
        digits = (digits | digits << 4) & (ones &* 0x0F)
        // From 10 on `a` follows, not what comes after `9`.
        let letters = (digits &+ ones &* 6) >> 4 & ones
        return digits &+ ones &* 0x30 &+ letters &* (0x61 - 0x3A)
    }
}
