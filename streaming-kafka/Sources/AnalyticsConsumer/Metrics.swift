internal import CampusModel
internal import Containers
internal import KafkaClient
internal import ServiceKit
internal import Workflow

/// What the events say, as a pure value: the same for the same events, in whatever order they were read.
///
/// An order and its outcome are each counted once. Of several copies the first of a partition counts, and of copies in
/// several partitions the one in the lowest; so which partition was read first makes no difference.
struct Metrics: Sendable {
    /// Where an event stands, compared as a copy's precedence.
    struct Position: Sendable, Hashable, Comparable {
        /// The partition above 48 bits of offset.
        private let packed: UInt64

        /// Takes a partition's number and an offset below 2⁴⁸.
        init(partition: Int32, offset: Int64) {
            packed = UInt64(UInt32(bitPattern: partition)) << 48 | UInt64(bitPattern: offset) & 0xFFFF_FFFF_FFFF
        }

        private init() { packed = .max }
        /// Behind every event.
        static let none = Position()
        static func < (one: Position, other: Position) -> Bool { one.packed < other.packed }
    }

    private struct Entry: Sendable {
        var placedAt = Position.none
        var decidedAt = Position.none
        var hasFailed = false
    }

    private var entries: [Entry] = []
    /// When each was placed, beside the entries, since the window looks at all of them; NaN where that is not known yet.
    private var timestamps: [Double] = []
    /// Segmented, since the interface waits while it grows.
    private var places = SegmentedDictionary<OrderID, Int32>()
    /// The orders that were placed; some entries are outcomes whose order was not read yet.
    private(set) var totalOrders = 0
    /// The outcomes.
    private(set) var totalInventoryEvents = 0
    /// The outcomes that are failures.
    private(set) var failures = 0
    /// Events that could not be read.
    private(set) var malformed = 0

    /// The seconds that ``Summary/ordersPerMinute`` looks back from the newest order.
    static let windowSeconds = 60.0

    /// Starts with no events.
    init() {}

    // MARK: Events

    /// Takes an event from where it stands.
    mutating func add(_ event: OrderEvent, at position: Position) {
        let place = self.place(of: event.order.id)
        var entry = entries[place]
        if event.kind == .placed {
            guard position < entry.placedAt else { return }
            if entry.placedAt == .none { totalOrders += 1 }
            entry.placedAt = position
            timestamps[place] = event.order.timestamp
        } else {
            guard position < entry.decidedAt else { return }
            if entry.decidedAt == .none { totalInventoryEvents += 1 } else if entry.hasFailed { failures -= 1 }
            entry.decidedAt = position
            entry.hasFailed = event.kind == .failed
            if entry.hasFailed { failures += 1 }
        }
        entries[place] = entry
    }

    /// Counts an event that cannot be read.
    mutating func addMalformed() { malformed += 1 }

    private mutating func place(of id: OrderID) -> Int {
        let place = Int(places.insert(Int32(truncatingIfNeeded: entries.count), for: id))
        if place == entries.count {
            entries.append(Entry())
            timestamps.append(.nan)
        }
        return place
    }

    // MARK: Numbers

    /// What `GET /metrics` tells, but for the generation.
    struct Summary: Sendable, Equatable {
        var totalOrders = 0
        var totalInventoryEvents = 0
        var failures = 0
        /// Orders with newest − 60 s < timestamp ≤ newest.
        var ordersPerMinute = 0
        /// Newest − oldest timestamp of an order, in seconds.
        var elapsedSeconds = 0.0
        var malformed = 0

        /// Failures of all outcomes; 0 where there are none.
        var failureRate: Double {
            totalInventoryEvents == 0 ? 0 : Double(failures) / Double(totalInventoryEvents)
        }

        /// Orders a minute from the oldest to the newest order. While that is less than a window, it is the orders so far:
        /// a bulk within a millisecond would otherwise make hundreds of millions a minute.
        var ordersPerMinuteAverage: Double {
            Double(totalOrders) * 60 / max(elapsedSeconds, Metrics.windowSeconds)
        }
    }

    /// Looks over all orders once: the counters alone cannot tell a window whose end moves back.
    var summary: Summary {
        var summary = Summary(
            totalOrders: totalOrders, totalInventoryEvents: totalInventoryEvents, failures: failures,
            malformed: malformed)
        guard totalOrders > 0 else { return summary }
        var (oldest, newest) = (Double.infinity, -Double.infinity)
        // No comparison with NaN is true.
        for timestamp in timestamps {
            if timestamp < oldest { oldest = timestamp }
            if timestamp > newest { newest = timestamp }
        }
        let start = newest - Metrics.windowSeconds
        for timestamp in timestamps where timestamp > start { summary.ordersPerMinute += 1 }
        summary.elapsedSeconds = newest - oldest
        return summary
    }
}
