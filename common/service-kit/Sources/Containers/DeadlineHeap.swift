/// What has a deadline, the earliest first: a binary heap.
///
/// Most deadlines come in their own order, and are then added at the end without a move.
public struct DeadlineHeap<Element> {
    @usableFromInline var entries: [(deadline: UInt64, element: Element)] = []

    /// Makes an empty heap.
    @inlinable
    public init() {}

    /// How many elements there are.
    @inlinable
    public var count: Int { entries.count }

    /// The earliest deadline; `nil` if there is none.
    @inlinable
    public var earliest: UInt64? { entries.first?.deadline }

    /// Adds an element with its deadline, on whatever clock.
    @inlinable
    public mutating func insert(_ element: Element, at deadline: UInt64) {
        entries.append((deadline, element))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].deadline < entries[parent].deadline else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out an element whose deadline has come, the earliest one; `nil` if there is none.
    @inlinable
    public mutating func popDue(_ now: UInt64) -> Element? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { return first.element }
            if child + 1 < entries.count, entries[child + 1].deadline < entries[child].deadline { child += 1 }
            guard entries[child].deadline < entries[parent].deadline else { return first.element }
            entries.swapAt(child, parent)
            parent = child
        }
    }

    /// Takes all elements out.
    @inlinable
    public mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

    /// Takes out all elements that are like this, whatever their deadlines.
    @inlinable
    public mutating func removeAll(where isUnwanted: (Element) -> Bool) {
        let all = entries
        removeAll()
        for (deadline, element) in all where !isUnwanted(element) { insert(element, at: deadline) }
    }
}

extension DeadlineHeap: Sendable where Element: Sendable {}
