/// First in, first out, in constant time on average however many wait: `Array.removeFirst` moves all that are left.
struct FIFO<Element: Sendable>: Sendable {
    private var incoming: [Element] = []
    /// The older ones, the oldest last; filled from `incoming` whenever it runs out.
    private var outgoing: [Element] = []

    /// Adds the newest one.
    mutating func append(_ element: Element) { incoming.append(element) }

    /// Takes the oldest one out; `nil` where there is none.
    mutating func popFirst() -> Element? {
        if outgoing.isEmpty {
            outgoing = incoming.reversed()
            incoming = []
        }
        return outgoing.popLast()
    }
}
