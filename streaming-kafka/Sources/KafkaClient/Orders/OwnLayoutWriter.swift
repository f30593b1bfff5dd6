internal import CampusModel
internal import Glibc

/// Writes an event's value piece by piece into memory that has room for all of them: the same text as
/// ``CampusModel/JSONWriter``'s, without asking at each piece whether it fits.
struct OwnLayoutWriter {
    private let target: UnsafeMutableBufferPointer<UInt8>
    private var count = 0
    /// Room for two texts of ``longestText`` and all the rest.
    private static let capacity = 384
    private static let longestText = 64

    private init(_ target: UnsafeMutableBufferPointer<UInt8>) { self.target = target }

    /// The value; `nil` where a text in it is long or needs escapes, or a number is not of the usual form.
    static func write(_ event: OrderEvent) -> [UInt8]? {
        var isWritten = false
        let value = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
            var writer = OwnLayoutWriter(target)
            isWritten = writer.put(event)
            count = isWritten ? writer.count : 0
        }
        return isWritten ? value : nil
    }

    private mutating func put(_ event: OrderEvent) -> Bool {
        let order = event.order
        put(#"{"type":""#)
        put(event.kind.text)
        put(#"","order_id":""#)
        order.id.write(to: UnsafeMutableBufferPointer(rebasing: target[count..<count + OrderID.textLength]))
        count += OrderID.textLength
        put(#"","item":""#)
        guard put(text: order.item) else { return false }
        put(#"","quantity":"#)
        guard Order.quantities.contains(order.quantity) else { return false }
        put(number: order.quantity)
        put(#","status":""#)
        put(event.kind.statusText)
        put(#"","timestamp":"#)
        guard put(timestamp: order.timestamp) else { return false }
        if let reason = event.reason {
            put(#","reason":""#)
            guard put(text: reason) else { return false }
            put(#"""#)
        }
        put("}")
        return true
    }

    private mutating func put(_ text: StaticString) {
        memcpy(target.baseAddress! + count, text.utf8Start, text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    private mutating func put(text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count <= OwnLayoutWriter.longestText else { return false }
            for byte in bytes {
                guard (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else {
                    return false
                }
                target[count] = byte
                count += 1
            }
            return true
        }
    }

    /// - Parameter digits: leading zeros make it that long.
    private mutating func put(number: Int, digits: Int = 1) {
        var (length, limit) = (1, 10)
        while limit <= number {
            length += 1
            limit *= 10
        }
        length = max(length, digits)
        var rest = number
        for index in stride(from: count + length - 1, through: count, by: -1) {
            target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += length
    }

    /// Whole microseconds, as ``Order/now()`` gives them, whose shortest form can be told without searching for it: until
    /// the year 2106 no double lies within half a microsecond of two of them.
    private mutating func put(timestamp: Double) -> Bool {
        guard timestamp >= 1, timestamp < 0x1p32 else { return false }
        let microseconds = Int((timestamp * 1e6).rounded())
        guard Double(microseconds) / 1e6 == timestamp else { return false }
        put(number: microseconds / 1_000_000)
        var (fraction, digits) = (microseconds % 1_000_000, 6)
        guard fraction > 0 else { return true }
        while fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        put(".")
        put(number: fraction, digits: digits)
        return true
    }
}
