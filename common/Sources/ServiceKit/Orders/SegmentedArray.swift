/// An array that grows without ever moving what it holds, so that no append takes longer than another.
///
/// A plain array of all orders stalls its service for milliseconds whenever it doubles, and that was most of the 99th
/// percentile. A copy shares its segments until one side changes one.
public struct SegmentedArray<Element: Sendable>: Sendable {
    private static var segmentLength: Int { 1024 }
    private var segments: [[Element]] = []
    /// How many elements there are.
    public private(set) var count = 0

    /// Makes an empty array.
    public init() {}

    /// Adds an element at the end.
    public mutating func append(_ element: Element) {
        if count % Self.segmentLength == 0 {
            var segment: [Element] = []
            segment.reserveCapacity(Self.segmentLength)
            segments.append(segment)
        }
        segments[segments.count - 1].append(element)
        count += 1
    }

    /// The element at an index from 0 to `count - 1`.
    public subscript(index: Int) -> Element {
        get { segments[index / Self.segmentLength][index % Self.segmentLength] }
        set { segments[index / Self.segmentLength][index % Self.segmentLength] = newValue }
    }
}
