/// An array that grows without ever moving what it holds: an append copies at most one segment, and that only after a snapshot.
///
/// A plain array of all orders stalls its service for milliseconds whenever it doubles, and that was most of the 99th
/// percentile. A copy shares its segments until one side changes one.
///
/// Inlinable, like all containers here, so that they are compiled for the types of the modules that use them.
public struct SegmentedArray<Element: Sendable>: Sendable {
    /// How many elements lie together.
    @inlinable public static var segmentLength: Int { 1024 }
    @usableFromInline var segments: [[Element]] = []

    /// Makes an empty array.
    @inlinable
    public init() {}

    /// How many elements there are.
    @inlinable
    public var count: Int {
        guard let last = segments.last else { return 0 }
        return (segments.count - 1) * Self.segmentLength + last.count
    }

    /// Adds an element at the end.
    @inlinable
    public mutating func append(_ element: Element) {
        if segments.last?.count ?? Self.segmentLength == Self.segmentLength {
            var segment: [Element] = []
            segment.reserveCapacity(Self.segmentLength)
            segments.append(segment)
        }
        segments[segments.count - 1].append(element)
    }

    /// Takes the last element out; there must be one.
    @inlinable
    @discardableResult
    public mutating func removeLast() -> Element {
        let element = segments[segments.count - 1].removeLast()
        if segments[segments.count - 1].isEmpty { segments.removeLast() }
        return element
    }

    /// Which segment an index lies in.
    @inlinable
    public static func segment(of index: Int) -> Int { index / segmentLength }

    /// Frees the memory of a segment, none of whose elements may be looked at from then on; the last segment is kept.
    ///
    /// - Returns: whether it was freed.
    @inlinable
    @discardableResult
    public mutating func free(segment: Int) -> Bool {
        guard segment < segments.count - 1 else { return false }
        segments[segment] = []
        return true
    }

    /// The element at an index from 0 to `count - 1`.
    @inlinable
    public subscript(index: Int) -> Element {
        get { segments[index / Self.segmentLength][index % Self.segmentLength] }
        set { segments[index / Self.segmentLength][index % Self.segmentLength] = newValue }
    }
}
