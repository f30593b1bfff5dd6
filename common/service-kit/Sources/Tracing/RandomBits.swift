internal import Glibc
internal import Synchronization

/// Random bits for identifiers that need to be unique and not secret: no system call for each, and no lock.
///
/// SplitMix64 (Steele, Lea and Flood: "Fast Splittable Pseudorandom Number Generators", 2014) over a counter that starts where
/// the kernel's generator says.
enum RandomBits {
    private static let counter = Atomic<UInt64>(seed())

    private static func seed() -> UInt64 {
        var seed: UInt64 = 0
        let failed = withUnsafeMutableBytes(of: &seed) { getentropy($0.baseAddress, $0.count) }
        precondition(failed == 0, "the kernel gives no random bits: \(String(cString: strerror(errno)))")
        return seed
    }

    /// 64 random bits.
    static func next() -> UInt64 {
        var bits = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }

    /// 64 random bits that are not all 0.
    static func nextNotZero() -> UInt64 {
        while true {
            let bits = next()
            if bits != 0 { return bits }
        }
    }
}
