/// Builds the bytes of a record: numbers with the highest byte first, lengths as variable-length integers.
public struct BinaryWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8]

    /// Starts with nothing written.
    public init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// How many bytes were written so far.
    public var count: Int { bytes.count }

    /// Writes one byte.
    public mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// Writes eight bytes.
    public mutating func word(_ value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Writes a number in seven bits a byte, the lowest first; all but the last byte have the eighth bit set (LEB128).
    public mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Writes a time in seconds as eight bytes (IEEE 754).
    public mutating func time(_ value: Double) { word(value.bitPattern) }

    /// Writes the length of a text in bytes, then its UTF-8.
    public mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { utf8 in
            number(UInt64(utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }

    /// Writes bytes as they are.
    public mutating func raw(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }
}
