/// A dictionary in many small ones, so that growing moves a small part of it at a time.
///
/// Inlinable, like all containers here, so that they are compiled for the types of the modules that use them.
public struct SegmentedDictionary<Key: SegmentedKey, Value: Sendable>: Sendable {
    @usableFromInline var segments = [[Key: Value]](repeating: [:], count: 256)

    /// Makes an empty dictionary.
    @inlinable
    public init() {}

    /// How many entries there are.
    @inlinable
    public var count: Int { segments.reduce(0) { $0 + $1.count } }

    /// The value of a key; setting `nil` removes it.
    @inlinable
    public subscript(key: Key) -> Value? {
        get { segments[Int(key.segment)][key] }
        set { segments[Int(key.segment)][key] = newValue }
    }

    /// Gives a key a value, unless it has one.
    ///
    /// - Returns: the value that it has now.
    @inlinable
    public mutating func insert(_ value: Value, for key: Key) -> Value {
        // Looked up once: as an `inout` argument the default is stored too.
        func get(_ value: inout Value) -> Value { value }
        return get(&segments[Int(key.segment)][key, default: value])
    }

    /// Gives a key a value, unless it has one.
    ///
    /// - Returns: whether it had none.
    @inlinable
    public mutating func insertIfAbsent(_ value: Value, for key: Key) -> Bool {
        let index = Int(key.segment)
        let before = segments[index].count
        // Looked up once, as in ``insert(_:for:)``.
        func touch(_ value: inout Value) {}
        touch(&segments[index][key, default: value])
        return segments[index].count > before
    }
}

/// What ``SegmentedDictionary`` can use as a key.
public protocol SegmentedKey: Hashable, Sendable {
    /// The part of a dictionary that the key belongs to: equally often each.
    var segment: UInt8 { get }
}

extension SegmentedKey {
    /// A part by the hash value.
    public var segment: UInt8 { UInt8(truncatingIfNeeded: hashValue) }
}

extension String: SegmentedKey {}
