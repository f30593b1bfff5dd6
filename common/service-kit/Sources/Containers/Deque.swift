/// A queue in a ring of memory: elements come in at the end and leave at the beginning, both in constant time on average.
///
/// `Array.removeFirst` moves all that are left. Here an element that leaves is let go of at once. The ring itself is freed when
/// it becomes empty and has more than 4096 places.
///
/// Inlinable, like all containers here, so that it is compiled for the types of the modules that use it.
public struct Deque<Element: Sendable>: Sendable {
    /// The ring; its length is a power of two, or 0.
    @usableFromInline var slots: [Element?] = []
    /// Where the first element stands.
    @usableFromInline var start = 0
    @usableFromInline var length = 0

    /// A ring that has become empty keeps so many places at most: what everyday use needs is kept, what a burst took is freed.
    @inlinable static var keptCapacity: Int { 4096 }

    /// Makes an empty queue.
    @inlinable
    public init() {}

    /// How many elements there are.
    @inlinable
    public var count: Int { length }

    /// Whether there is no element.
    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// The first element; `nil` if there is none.
    @inlinable
    public var first: Element? { count == 0 ? nil : slots[start] }

    /// How many places the ring has.
    @inlinable var capacity: Int { slots.count }

    @inlinable func slot(_ index: Int) -> Int { (start + index) & (slots.count - 1) }

    /// The element at an index from 0, the first one, to `count - 1`.
    @inlinable
    public subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "there is no element at this index")
            return slots[slot(index)].unsafelyUnwrapped
        }
        set {
            precondition(index >= 0 && index < count, "there is no element at this index")
            slots[slot(index)] = newValue
        }
    }

    /// Adds an element at the end.
    @inlinable
    public mutating func append(_ element: Element) {
        if count == slots.count { grow() }
        slots[slot(count)] = element
        length += 1
    }

    @inlinable mutating func grow() {
        var wider: [Element?] = []
        wider.reserveCapacity(Swift.max(16, 2 * slots.count))
        for index in 0..<count { wider.append(slots[slot(index)]) }
        while wider.count < Swift.max(16, 2 * slots.count) { wider.append(nil) }
        (slots, start) = (wider, 0)
    }

    /// Takes the first element out; `nil` if there is none.
    @inlinable
    @discardableResult
    public mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[start]
        slots[start] = nil
        start = slot(1)
        length -= 1
        if count == 0 { shrink() }
        return element
    }

    /// Takes the first so many elements out, of those that there are.
    @inlinable
    public mutating func removeFirst(_ number: Int) { for _ in 0..<Swift.min(number, count) { popFirst() } }

    /// Takes all elements out.
    @inlinable
    public mutating func removeAll() {
        removeFirst(count)
        shrink()
    }

    @inlinable mutating func shrink() {
        start = 0
        if slots.count > Deque.keptCapacity { slots = [] }
    }
}

extension Deque: Sequence {
    /// Goes through the elements, the first one first.
    @inlinable
    public func makeIterator() -> AnyIterator<Element> {
        var index = 0
        return AnyIterator {
            guard index < count else { return nil }
            defer { index += 1 }
            return self[index]
        }
    }
}
