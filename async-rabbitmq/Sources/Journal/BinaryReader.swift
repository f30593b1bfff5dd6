/// Reads what ``BinaryWriter`` has written.
///
/// Every read checks that the bytes are there: a journal may hold whatever somebody has published to its stream.
public struct BinaryReader: Sendable {
    private let bytes: [UInt8]
    private var position = 0

    /// Reads from the first byte on.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether all was read.
    public var isAtEnd: Bool { position == bytes.count }

    private mutating func take(_ count: Int) throws(JournalDamage) -> Int {
        guard count <= bytes.count - position else { throw .malformed("a record ends too early") }
        defer { position += count }
        return position
    }

    /// Reads one byte.
    public mutating func byte() throws(JournalDamage) -> UInt8 { bytes[try take(1)] }

    /// Reads eight bytes.
    public mutating func word() throws(JournalDamage) -> UInt64 {
        let start = try take(8)
        return bytes.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: start, as: UInt64.self)) }
    }

    /// Reads a number of variable length.
    public mutating func number() throws(JournalDamage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw .malformed("a number is too large")
    }

    /// Reads a number that must lie in a range.
    public mutating func number(in range: ClosedRange<Int>) throws(JournalDamage) -> Int {
        guard let value = Int(exactly: try number()), range.contains(value) else {
            throw .malformed("a number is out of range")
        }
        return value
    }

    /// Reads a time in seconds.
    public mutating func time() throws(JournalDamage) -> Double {
        let value = Double(bitPattern: try word())
        guard value.isFinite else { throw .malformed("a time is no number") }
        return value
    }

    /// Reads a text.
    public mutating func text() throws(JournalDamage) -> String {
        let count = try number(in: 0...bytes.count)
        let start = try take(count)
        let text = bytes.withUnsafeBytes { bytes in
            String(validating: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]), as: UTF8.self)
        }
        guard let text else { throw .malformed("a text is not UTF-8") }
        return text
    }

    /// Reads all that is left.
    public mutating func rest() -> [UInt8] {
        defer { position = bytes.count }
        return Array(bytes[position...])
    }
}

/// Why a journal cannot be read, or must not be relied on.
public enum JournalDamage: Error, Sendable, Equatable, CustomStringConvertible {
    /// The journal is empty, although something stood in it.
    case gone
    /// It is another one than the service had.
    case foreign
    /// It ends before what is known to have stood in it.
    case shorter(isUpTo: UInt64, was: UInt64)
    /// Its beginning was dropped, and no whole snapshot follows.
    case withoutBeginning
    /// Records are missing in it.
    case gap(after: UInt64, before: UInt64)
    /// Two writers have given the same number to a record.
    case twice(UInt64)
    /// It was written by a later version of the service.
    case unknownVersion(UInt8)
    /// A record cannot be read.
    case malformed(String)

    /// The end of a sentence that begins with the journal's name.
    public var description: String {
        switch self {
        case .gone: "is empty, and what stood in it is gone"
        case .foreign: "is another one than the queues belong to"
        case .shorter(let end, let was): "ends with record \(end), but had \(was) already"
        case .withoutBeginning: "has lost its beginning, and holds no whole snapshot"
        case .gap(let last, let next): "has no records between \(last) and \(next)"
        case .twice(let number): "holds record \(number) twice"
        case .unknownVersion(let version): "has records of version \(version), which this service does not know"
        case .malformed(let problem): "cannot be read: \(problem)"
        }
    }
}
