public import CampusModel
internal import Containers
internal import Synchronization

/// Remembers which `Idempotency-Key` made which order, and lets one request at a time work on a key.
///
/// Kept are the keys of the last ``capacity`` orders that had one. Beside them, in a list of its own, stand as many keys that have no
/// order yet: while a broker is away they replace no key that has one.
public final class IdempotencyKeys: Sendable {
    /// What became of the work on a key.
    public enum Attempt: Sendable {
        /// The order exists, whatever its status: the key is used up.
        case settled
        /// The order could not be sent; the next request with the key tries the same order again.
        case unsettled(OrderRefusal)
    }

    /// A key that has an order.
    public struct Settled: Sendable {
        /// The client's key.
        public let key: String
        /// What the client asked for.
        public let request: OrderRequest
        /// The order.
        public let id: OrderID
    }

    private enum Progress {
        case running(waiters: [UnsafeContinuation<Attempt, Never>])
        case ended(Attempt)
    }

    private struct Entry {
        let request: OrderRequest
        let id: OrderID
        var progress = Progress.running(waiters: [])
        /// Whether its key stands among the unsettled ones.
        var isAmongUnsettled = false
        /// Whether it was restored while a request worked on the key, and so is settled whatever comes of that.
        var isRestored = false
    }

    /// The newest keys, in the order that they came in.
    private struct Ring {
        private var keys: [String] = []
        private var oldest = 0

        /// All keys, oldest first.
        var inOrder: [String] { Array(keys[oldest...] + keys[..<oldest]) }

        /// Adds a key.
        ///
        /// - Returns: the oldest one, where there were `capacity` before.
        mutating func add(_ key: String, capacity: Int) -> String? {
            guard keys.count == capacity else {
                keys.append(key)
                return nil
            }
            let outdated = keys[oldest]
            keys[oldest] = key
            oldest = (oldest + 1) % capacity
            return outdated
        }
    }

    private struct State {
        var entries = SegmentedDictionary<String, Entry>()
        /// The keys whose order exists; none stands there twice, for none is settled twice.
        var settled = Ring()
        /// The keys of which an attempt ended without an order; one that was settled later may still stand there.
        var unsettled = Ring()
    }

    private enum Claim {
        case mine(OrderID)
        case known(OrderID)
        case conflict
    }

    private let state = Mutex(State())
    private let capacity: Int

    private let makeID: @Sendable (String, OrderRequest) -> OrderID

    /// Keeps the keys of the last `capacity` orders.
    ///
    /// - Parameter makeID: gives the identifier of an order that comes with a key. One that follows from the two makes the same
    ///   request the same order, also for an instance that never heard of it.
    public init(
        capacity: Int = 100_000, makeID: @escaping @Sendable (String, OrderRequest) -> OrderID = { _, _ in .random() }
    ) {
        self.capacity = capacity
        self.makeID = makeID
    }

    /// Does the work for a key once, however many requests bring it and whenever.
    ///
    /// - Parameters:
    ///   - key: the client's key; `nil` does the work each time.
    ///   - request: what the client asked for; the same key must come with the same.
    ///   - work: places the order of the identifier it is given.
    /// - Returns: the order's identifier, and whether it was another request that placed it.
    /// - Throws: ``OrderRefusal``, that the key is another order's, or the error of an attempt that settled nothing, which those
    ///   that waited for it share.
    public func once(
        _ key: String?, _ request: OrderRequest, _ work: (OrderID) async -> Attempt
    ) async throws(OrderRefusal) -> (id: OrderID, isReplay: Bool) {
        guard let key else {
            let id = OrderID.random()
            if case .unsettled(let error) = await work(id) { throw error }
            return (id, false)
        }
        switch claim(key, request) {
        case .conflict:
            throw .keyIsAnothers
        case .known(let id):
            if case .unsettled(let error) = await outcome(of: key) { throw error }
            return (id, true)
        case .mine(let id):
            let attempt = await work(id)
            finish(key, attempt)
            if case .unsettled(let error) = attempt { throw error }
            return (id, false)
        }
    }

    /// Remembers a key that was used up before the service started; the first order that it came with stays its own.
    ///
    /// An attempt that began before and places no order is not counted, also if it is still under way.
    public func restore(_ key: String, _ request: OrderRequest, _ id: OrderID) {
        state.withLock { state in
            var entry = Entry(request: request, id: id, progress: .ended(.settled))
            switch state.entries[key]?.progress {
            case .ended(.settled): return
            case .ended(.unsettled), nil: break
            case .running(let waiters):
                if state.entries[key]?.isRestored == true { return }
                entry.progress = .running(waiters: waiters)
                entry.isRestored = true
            }
            state.entries[key] = entry
            rememberSettled(key, &state)
        }
    }

    /// The keys that have an order, oldest first.
    var settled: [Settled] {
        state.withLock { state in
            state.settled.inOrder.compactMap { key in
                state.entries[key].map { Settled(key: key, request: $0.request, id: $0.id) }
            }
        }
    }

    private func claim(_ key: String, _ request: OrderRequest) -> Claim {
        state.withLock { state in
            guard var entry = state.entries[key] else {
                let entry = Entry(request: request, id: makeID(key, request))
                state.entries[key] = entry
                return .mine(entry.id)
            }
            guard entry.request == request else { return .conflict }
            guard case .ended(.unsettled) = entry.progress else { return .known(entry.id) }
            entry.progress = .running(waiters: [])
            state.entries[key] = entry
            return .mine(entry.id)
        }
    }

    /// Waits for the request that works on a key.
    private func outcome(of key: String) async -> Attempt {
        await withUnsafeContinuation { (waiter: UnsafeContinuation<Attempt, Never>) in
            let ended = state.withLock { state -> Attempt? in
                guard var entry = state.entries[key] else { return .settled }
                switch entry.progress {
                case .ended(let attempt): return attempt
                case .running(let waiters): entry.progress = .running(waiters: waiters + [waiter])
                }
                state.entries[key] = entry
                return nil
            }
            if let ended { waiter.resume(returning: ended) }
        }
    }

    private func finish(_ key: String, _ attempt: Attempt) {
        let waiters = state.withLock { state -> [UnsafeContinuation<Attempt, Never>] in
            guard var entry = state.entries[key], case .running(let waiters) = entry.progress else { return [] }
            if entry.isRestored {
                entry.progress = .ended(.settled)
                state.entries[key] = entry
                return waiters
            }
            entry.progress = .ended(attempt)
            let isNewAmongUnsettled = !entry.isAmongUnsettled
            if case .unsettled = attempt { entry.isAmongUnsettled = true }
            state.entries[key] = entry
            switch attempt {
            case .settled: rememberSettled(key, &state)
            case .unsettled: if isNewAmongUnsettled { rememberUnsettled(key, &state) }
            }
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: attempt) }
    }

    private func rememberSettled(_ key: String, _ state: inout State) {
        guard let oldest = state.settled.add(key, capacity: capacity) else { return }
        // One that is still worked on has requests that wait for it.
        if case .running = state.entries[oldest]?.progress { return }
        state.entries[oldest] = nil
    }

    private func rememberUnsettled(_ key: String, _ state: inout State) {
        guard let oldest = state.unsettled.add(key, capacity: capacity), var entry = state.entries[oldest] else {
            return
        }
        switch entry.progress {
        case .ended(.settled): break
        case .ended(.unsettled): state.entries[oldest] = nil
        case .running:
            // Being tried again: it comes back here where that settles nothing either.
            entry.isAmongUnsettled = false
            state.entries[oldest] = entry
        }
    }
}
