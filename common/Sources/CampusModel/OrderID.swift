internal import Glibc
internal import Synchronization

/// Identifies an order in all three parts: a UUID (RFC 9562), written in lower case and read in any.
public struct OrderID: Hashable, Comparable, Sendable {
    /// The first eight of its 16 bytes, the first one highest.
    public let high: UInt64
    /// The last eight of its 16 bytes, the first one highest.
    public let low: UInt64

    /// The last one of its 16 bytes, which is random in versions 4 and 7.
    public var lastByte: UInt8 { UInt8(truncatingIfNeeded: low) }

    /// Takes 16 bytes, whatever version they say; the first one of each half is the highest.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Orders identifiers like their text forms.
    public static func < (one: OrderID, other: OrderID) -> Bool { (one.high, one.low) < (other.high, other.low) }

    /// Makes a random identifier, version 4 of RFC 9562, from the kernel's generator.
    public static func random() -> OrderID {
        let (high, low) = RandomPool.shared.withLock { $0.next() }
        // Section 5.4: four bits of version, two of variant, the rest random.
        return OrderID(
            high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
            low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }

    /// Reads the text form `8-4-4-4-12`, in either case; any version and variant, `nil` for anything else.
    public init?(_ text: String) {
        var text = text
        guard let id = text.withUTF8({ OrderID(utf8: $0) }) else { return nil }
        self = id
    }

    /// Reads the text form from memory; the same as ``init(_:)``.
    public init?(utf8 text: UnsafeBufferPointer<UInt8>) {
        guard text.count == OrderID.textLength else { return nil }
        let hyphen = UInt8(ascii: "-")
        guard text[8] == hyphen, text[13] == hyphen, text[18] == hyphen, text[23] == hyphen else { return nil }
        let bytes = UnsafeRawBufferPointer(text)
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        }
        func pair(_ index: Int) -> UInt64 {
            UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)))
        }
        guard let first = Hexadecimal.number(word(0)), let second = Hexadecimal.number(pair(9) << 32 | pair(14)),
            let third = Hexadecimal.number(pair(19) << 32 | pair(24)), let fourth = Hexadecimal.number(word(28))
        else { return nil }
        self.init(high: UInt64(first) << 32 | UInt64(second), low: UInt64(third) << 32 | UInt64(fourth))
    }

    /// How many characters the text form has.
    public static let textLength = 36

    /// The text form, 36 ASCII characters in lower case.
    public var utf8: [UInt8] {
        Array(unsafeUninitializedCapacity: OrderID.textLength) { target, count in
            write(to: target)
            count = OrderID.textLength
        }
    }

    /// Writes the text form, 36 ASCII characters in lower case, to the start of `target`.
    public func write(to target: UnsafeMutableBufferPointer<UInt8>) {
        let bytes = UnsafeMutableRawBufferPointer(target)
        func store(_ digits: UInt64, _ index: Int) {
            bytes.storeBytes(of: digits.bigEndian, toByteOffset: index, as: UInt64.self)
        }
        func storePair(_ digits: UInt64, _ index: Int) {
            bytes.storeBytes(of: UInt32(truncatingIfNeeded: digits).bigEndian, toByteOffset: index, as: UInt32.self)
        }
        let (second, third) = (Hexadecimal.text(UInt32(truncatingIfNeeded: high)), Hexadecimal.text(UInt32(low >> 32)))
        store(Hexadecimal.text(UInt32(high >> 32)), 0)
        storePair(second >> 32, 9)
        storePair(second, 14)
        storePair(third >> 32, 19)
        storePair(third, 24)
        store(Hexadecimal.text(UInt32(truncatingIfNeeded: low)), 28)
        let hyphen = UInt8(ascii: "-")
        (target[8], target[13], target[18], target[23]) = (hyphen, hyphen, hyphen, hyphen)
    }
}

extension OrderID: CustomStringConvertible {
    /// The text form, in lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: OrderID.textLength) {
            write(to: $0)
            return OrderID.textLength
        }
    }
}

/// Random bits, taken from the kernel in blocks: one system call for sixteen identifiers.
private struct RandomPool: ~Copyable {
    static let shared = Mutex(RandomPool())
    /// `getentropy` gives at most 256 bytes a call.
    private var block = [UInt64](repeating: 0, count: 32)
    private var used = 32

    mutating func next() -> (UInt64, UInt64) {
        if used == block.count {
            let failed = block.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) }
            precondition(failed == 0, "the kernel gives no random bits: \(String(cString: strerror(errno)))")
            used = 0
        }
        used += 2
        return (block[used - 2], block[used - 1])
    }
}
