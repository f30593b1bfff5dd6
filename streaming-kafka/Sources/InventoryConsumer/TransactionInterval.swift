internal import ServiceKit

/// When the next transaction may begin, while orders keep coming.
///
/// However few records it has, a transaction is a dozen requests to the broker and several writes to its logs: at once after
/// each other they would take the machine from those who order. A single order never waits, nor does a backlog.
struct TransactionInterval {
    /// The earliest time for the next one.
    private(set) var next: EventLoop.Nanoseconds = 0
    /// So far, in nanoseconds, two beginnings are apart.
    static let interval: EventLoop.Nanoseconds = 25_000_000
    /// So many records in one transaction are a stream of orders: fewer are single ones, more are a backlog.
    static let stream = 20..<1000

    /// Notes a transaction that was committed.
    mutating func note(records: Int, begun: EventLoop.Nanoseconds) {
        next = TransactionInterval.stream.contains(records) ? begun &+ TransactionInterval.interval : 0
    }
}
