extension OrderID {
    /// The UUID of a name in the name space of this one: version 5 of RFC 9562, the same each time.
    public func named(_ name: StaticString) -> OrderID {
        named(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// The UUID of a name in the name space of this one: version 5 of RFC 9562, the same each time.
    public func named(_ name: some Sequence<UInt8>) -> OrderID {
        var text: [UInt8] = []
        for half in halves {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                text.append(UInt8(truncatingIfNeeded: half >> shift))
            }
        }
        text.append(contentsOf: name)
        let digest = sha1(text)
        let (high, low) = (UInt64(digest[0]) << 32 | UInt64(digest[1]), UInt64(digest[2]) << 32 | UInt64(digest[3]))
        // Section 5.5: four bits of version, two of variant, the rest of the digest's first 128 bits.
        return OrderID(
            high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x5000,
            low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}

/// SHA-1 (RFC 3174) in five words. It guards nothing here; it is what version 5 of RFC 9562 is made of.
private func sha1(_ message: [UInt8]) -> [UInt32] {
    var text = message
    text.append(0x80)
    while text.count % 64 != 56 { text.append(0) }
    let bits = UInt64(message.count) &* 8
    for shift in stride(from: UInt64(56), through: 0, by: -8) { text.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    var digest: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
        for block in stride(from: 0, to: text.count, by: 64) {
            for index in 0..<16 {
                words[index] = text[block + 4 * index..<block + 4 * index + 4].reduce(0) { $0 << 8 | UInt32($1) }
            }
            for index in 16..<80 {
                words[index] = rotated(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1)
            }
            digest = mixed(digest, words)
        }
    }
    return digest
}

private func mixed(_ digest: [UInt32], _ words: UnsafeMutableBufferPointer<UInt32>) -> [UInt32] {
    var (a, b, c, d, e) = (digest[0], digest[1], digest[2], digest[3], digest[4])
    for index in 0..<80 {
        let (function, constant): (UInt32, UInt32) =
            switch index {
            case 0..<20: (b & c | ~b & d, 0x5A82_7999)
            case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
            case 40..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
            default: (b ^ c ^ d, 0xCA62_C1D6)
            }
        let next = rotated(a, 5) &+ function &+ e &+ words[index] &+ constant
        (e, d, c, b, a) = (d, c, rotated(b, 30), a, next)
    }
    return [digest[0] &+ a, digest[1] &+ b, digest[2] &+ c, digest[3] &+ d, digest[4] &+ e]
}

private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
