internal import Glibc
internal import Synchronization

/// Identifies an order in all three parts: a UUID (RFC 9562), written in lower case and read in any.
public struct OrderID: Hashable, Comparable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// What its 16 bytes are, the first one highest.
    var halves: [UInt64] { [high, low] }

    init(high: UInt64, low: UInt64) {
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
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, character) in text.enumerated() {
            if OrderID.isHyphen(at: index) {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = hexDigitValue(character) else { return nil }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// How many characters the text form has.
    static let textLength = 36

    private static func isHyphen(at index: Int) -> Bool {
        index == 8 || index == 13 || index == 18 || index == 23
    }

    /// The text form, 36 ASCII characters in lower case.
    public var utf8: [UInt8] {
        Array(unsafeUninitializedCapacity: OrderID.textLength) { target, count in
            write(to: target)
            count = OrderID.textLength
        }
    }

    /// Writes the text form, 36 ASCII characters in lower case, to the start of `target`.
    func write(to target: UnsafeMutableBufferPointer<UInt8>) {
        var shift = 60
        var half = high
        for index in 0..<OrderID.textLength {
            if OrderID.isHyphen(at: index) {
                target[index] = UInt8(ascii: "-")
                continue
            }
            let digit = UInt8(truncatingIfNeeded: half >> UInt64(shift)) & 0xF
            target[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            shift -= 4
            if shift < 0 {
                shift = 60
                half = low
            }
        }
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
