/// A dictionary in many small ones, so that growing moves a small part of it at a time.
public struct SegmentedDictionary<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var segments = [[Key: Value]](repeating: [:], count: 256)

    /// Makes an empty dictionary.
    public init() {}

    /// How many entries there are.
    public var count: Int { segments.reduce(0) { $0 + $1.count } }

    /// The value of a key; setting `nil` removes it.
    public subscript(key: Key) -> Value? {
        get { segments[segment(of: key)][key] }
        set { segments[segment(of: key)][key] = newValue }
    }

    private func segment(of key: Key) -> Int { key.hashValue & 255 }
}
