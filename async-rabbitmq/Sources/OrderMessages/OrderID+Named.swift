internal import CCrypto
public import CampusModel

extension OrderID {
    /// The UUID of a name in the name space of this one: version 5 of RFC 9562, the same each time.
    public func named(_ name: StaticString) -> OrderID {
        named(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// The UUID of a name in the name space of this one: version 5 of RFC 9562, the same each time.
    public func named(_ name: some Sequence<UInt8>) -> OrderID {
        var text = withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) }
        text.append(contentsOf: name)
        // SHA-1 makes 20 bytes. It guards nothing here: it is what version 5 is made of.
        var digest: (high: UInt64, low: UInt64, rest: UInt32) = (0, 0, 0)
        let isMade = withUnsafeMutableBytes(of: &digest) { digest in
            EVP_Digest(text, text.count, digest.baseAddress, nil, sha1, nil) == 1
        }
        precondition(isMade, "libcrypto has no SHA-1")
        // Section 5.5: four bits of version, two of variant, the rest of the digest's first 128 bits.
        return OrderID(
            high: UInt64(bigEndian: digest.high) & 0xFFFF_FFFF_FFFF_0FFF | 0x5000,
            low: UInt64(bigEndian: digest.low) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}

extension OrderID {
    /// The identifier of the order that a client asks for with a key: the same each time, whichever instance is asked.
    ///
    /// An OrderService may be killed when an order is in its queue and nowhere else. If its client then asks a successor, which does
    /// not know the key yet, it must not become a second order.
    public static func asked(key: String, item: String, quantity: Int) -> OrderID {
        // A key is visible ASCII: the NUL ends it.
        asked.named(Array("\(key)\0\(quantity)\0\(item)".utf8))
    }

    /// The name space of orders with a key: an arbitrary UUID of the lab's own.
    private static let asked = OrderID("6c616220-6361-4d70-b573-206b65797321")!
}

/// The digest, looked up once: `EVP_sha1()` has OpenSSL 3 look it up at each use, which takes longer than SHA-1 itself.
///
/// `nonisolated(unsafe)`: libcrypto does not change it any more, and any thread may use it.
nonisolated(unsafe) private let sha1 = EVP_MD_fetch(nil, "SHA1", nil)

extension MessageID {
    /// The identifier of what always follows from this message, the same each time.
    ///
    /// - Parameter name: what it is, such as `"outcome"`.
    public func derived(_ name: StaticString) -> OrderID {
        switch self {
        case .uuid(let id): id.named(name)
        case .text(let text): MessageID.foreign.named(text.utf8).named(name)
        }
    }

    /// The name space of identifiers that are no UUIDs: an arbitrary UUID of the lab's own.
    private static let foreign = OrderID("6c616220-6361-4d70-b573-206f72646572")!
}
