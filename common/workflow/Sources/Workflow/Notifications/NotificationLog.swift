public import CampusModel
internal import Containers
public import StrictJSON
internal import Synchronization

/// What customers were told: one entry for an order and a status, however often it is sent.
public final class NotificationLog: Sendable {
    /// One notification.
    public struct Entry: Sendable, Equatable {
        /// The order.
        public let id: OrderID
        /// What has become of it.
        public let status: OrderStatus
        /// What was ordered.
        public let item: String
        /// When it was logged, in seconds since 1970.
        public let timestamp: Double

        /// Writes the four fields, always in the same order, into an object that is open.
        public func writeFields(to json: inout JSONWriter) {
            json.field("order_id", id)
            json.field("status", status.rawValue)
            json.field("item", item)
            json.field("timestamp", timestamp)
        }
    }

    private struct Key: SegmentedKey {
        let id: OrderID
        let status: OrderStatus
        var segment: UInt8 { id.lastByte }
    }

    private struct State {
        var entries = SegmentedArray<Entry>()
        var places = SegmentedDictionary<Key, Int32>()
        /// The entries before this one were forgotten.
        var first = 0
        /// So many entries are remembered at least.
        let capacity: Int

        /// The place of an order's last entry.
        func lastPlace(_ id: OrderID) -> Int? {
            OrderStatus.allCases.compactMap { places[Key(id: id, status: $0)] }.max().map { Int($0) }
        }

        /// Forgets the oldest entries, a segment at a time, once there are more.
        mutating func forgetOldest() {
            let length = SegmentedArray<Entry>.segmentLength
            while entries.count - first >= capacity + length {
                for place in first..<first + length {
                    places[Key(id: entries[place].id, status: entries[place].status)] = nil
                }
                entries.free(segment: SegmentedArray<Entry>.segment(of: first))
                first += length
            }
        }
    }
    private let state: Mutex<State>

    /// Makes an empty log.
    ///
    /// - Parameter capacity: so many entries are remembered at least; the oldest are then forgotten.
    public init(capacity: Int = .max / 2) { state = Mutex(State(capacity: capacity)) }

    /// Adds an entry, or finds the one that is there for this order and status.
    @discardableResult
    public func add(
        _ id: OrderID, _ status: OrderStatus, item: String, at timestamp: Double = Order.now()
    ) -> Entry {
        state.withLock { state in
            let next = Int32(truncatingIfNeeded: state.entries.count)
            let place = state.places.insert(next, for: Key(id: id, status: status))
            if place == next {
                state.entries.append(Entry(id: id, status: status, item: item, timestamp: timestamp))
                state.forgetOldest()
            }
            return state.entries[Int(place)]
        }
    }

    /// Whether there is an entry for this order and status.
    public func has(_ id: OrderID, _ status: OrderStatus) -> Bool {
        state.withLock { $0.places[Key(id: id, status: status)] != nil }
    }

    /// How many places there are for entries, forgotten ones included.
    public var placeCount: Int { state.withLock { $0.entries.count } }

    /// The entries in a range of places, forgotten ones left out.
    ///
    /// - Returns: so many at most, and the place after the last one.
    public func entries(from start: Int, to end: Int, most: Int) -> (entries: [Entry], next: Int) {
        state.withLock { state in
            let start = max(start, state.first)
            let next = min(end, start + most)
            return (start < next ? (start..<next).map { state.entries[$0] } : [], max(start, next))
        }
    }

    /// All entries, oldest first.
    public var entries: [Entry] {
        let (entries, first) = state.withLock { ($0.entries, $0.first) }
        return (first..<entries.count).map { entries[$0] }
    }

    /// The entries as one JSON array, oldest first. Those that are added later are not part of it.
    ///
    /// - Parameters:
    ///   - after: only the entries after those of this order.
    ///   - limit: only the newest so many, from 1; together with `after` the next so many.
    /// - Throws: ``UnknownOrder`` if `after` has no entry, or its entries were forgotten.
    public func list(after: OrderID? = nil, limit: Int? = nil) throws(UnknownOrder) -> ListPieces {
        var (start, end, last) = state.withLock { ($0.first, $0.entries.count, after.flatMap($0.lastPlace)) }
        if let after {
            guard let last else { throw UnknownOrder(id: after) }
            start = last + 1
        } else if let limit {
            start = max(start, end - limit)
        }
        return ListPieces(places: start..<end, most: limit ?? .max) { [self] places, most, json in
            let (entries, next) = entries(from: places.lowerBound, to: places.upperBound, most: most)
            for entry in entries { json.object { entry.writeFields(to: &$0) } }
            return (entries.count, next)
        }
    }
}

extension NotificationLog.Entry {
    /// Describes an entry, as ``writeFields(to:)`` writes it.
    ///
    /// - Parameter statuses: those that customers are told of.
    public static func schema(_ statuses: [OrderStatus]) -> JSONSchema {
        JSONSchema.object([
            JSONSchema.Property("order_id", Order.idSchema),
            JSONSchema.Property("status", OrderFields.status(statuses)),
            OrderFields.item.property,
            JSONSchema.Property(
                "timestamp",
                OrderFields.timestamp("When it was logged, in seconds since 1970 with a fraction.")),
        ]).named("Notification")
    }
}
