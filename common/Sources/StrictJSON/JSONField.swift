internal import Glibc

/// Where a field of an object stands in its text.
struct JSONField: Sendable {
    enum Kind: UInt8 {
        case string
        /// One with a backslash, so that its characters are not its bytes.
        case escapedString
        case number
        case isTrue
        case isFalse
        case null
        /// An array or an object.
        case nested
    }

    /// The first eight bytes of the name, with zeros behind a shorter one.
    let beginning: UInt64
    private let nameStart: Int32
    private let nameEnd: Int32
    private let start: Int32
    private let end: Int32
    let nameIsEscaped: Bool
    let kind: Kind

    @inline(__always)
    init(beginning: UInt64, nameStart: Int, nameEnd: Int, nameIsEscaped: Bool, kind: Kind, start: Int, end: Int) {
        self.beginning = beginning
        self.nameStart = Int32(truncatingIfNeeded: nameStart)
        self.nameEnd = Int32(truncatingIfNeeded: nameEnd)
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
        self.nameIsEscaped = nameIsEscaped
        self.kind = kind
    }

    var nameRange: Range<Int> { Range(uncheckedBounds: (Int(nameStart), Int(nameEnd))) }
    var nameCount: Int { Int(nameEnd &- nameStart) }
    /// A string without its quotes, or a number.
    var range: Range<Int> { Range(uncheckedBounds: (Int(start), Int(end))) }
    var isString: Bool { kind == .string || kind == .escapedString }

    /// The first eight bytes of a name that stands in a text.
    @inline(__always)
    static func beginning(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
        let raw = UnsafeRawBufferPointer(text)
        guard start &+ 8 <= raw.count else {
            return (start..<end).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64(text[$1]) }
        }
        let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        let count = UInt64(truncatingIfNeeded: end &- start)
        return count >= 8 ? word : word & ((1 &<< (8 &* count)) &- 1)
    }

    /// The same of a name in the program.
    @inline(__always)
    static func beginning(_ name: StaticString) -> UInt64 {
        var word: UInt64 = 0
        memcpy(&word, name.utf8Start, min(8, name.utf8CodeUnitCount))
        return UInt64(littleEndian: word)
    }
}
