/// First in, first out, in constant time on average however many wait: `Array.removeFirst` moves all that are left.
///
/// What was taken out is let go of also while others keep coming, so that the memory it takes follows what waits.
public struct FIFO<Element: Sendable>: Sendable {
    @usableFromInline var incoming: [Element] = []
    /// The older ones, the oldest last; filled from `incoming` whenever it runs out.
    @usableFromInline var outgoing: [Element] = []

    @usableFromInline static var keptCapacity: Int { 4096 }

    /// Makes an empty queue.
    @inlinable
    public init() {}

    /// How many wait.
    @inlinable
    public var count: Int { incoming.count + outgoing.count }

    /// Whether nothing waits.
    @inlinable
    public var isEmpty: Bool { incoming.isEmpty && outgoing.isEmpty }

    /// The oldest one; `nil` where there is none.
    @inlinable
    public var first: Element? { outgoing.last ?? incoming.first }

    /// Adds the newest one.
    @inlinable
    public mutating func append(_ element: Element) { incoming.append(element) }

    /// Takes the oldest one out; `nil` where there is none.
    @inlinable
    @discardableResult
    public mutating func popFirst() -> Element? {
        if outgoing.isEmpty {
            swap(&incoming, &outgoing)
            outgoing.reverse()
            // After a burst its memory is given back; that of everyday use is kept.
            if incoming.capacity > FIFO.keptCapacity { incoming = [] }
        }
        return outgoing.popLast()
    }
}
