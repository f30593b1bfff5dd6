public import ServiceKit

/// Which deliveries of a channel are still to be acknowledged, so that one acknowledgement can stand for many.
///
/// Deliveries come with rising tags and are settled in any order; what may be acknowledged is the settled beginning. A
/// delivery that was rejected is settled by that, and must not be the tag of an acknowledgement (a 406 that closes the
/// channel). A pure value.
public struct DeliveryLedger: Sendable {
    private enum State: Sendable {
        case open
        case settled
        case rejected
    }

    private var entries: [(tag: UInt64, state: State)] = []
    private var done = 0

    /// Makes the ledger of a fresh channel.
    public init() {}

    /// How many deliveries are neither acknowledged nor rejected, including those ready to be.
    public var count: Int { entries.count - done }

    /// Notes a delivery.
    public mutating func add(_ tag: UInt64) { entries.append((tag, .open)) }

    /// Its work is done: it may be acknowledged once all before it may.
    public mutating func settle(_ tag: UInt64) { set(tag, .settled) }

    /// It was rejected.
    public mutating func reject(_ tag: UInt64) { set(tag, .rejected) }

    private mutating func set(_ tag: UInt64, _ state: State) {
        // Tags rise by one from delivery to delivery; the search is for where they do not.
        guard done < entries.count, tag >= entries[done].tag else { return }
        let guess = done + Int(clamping: tag - entries[done].tag)
        let index = guess < entries.count && entries[guess].tag == tag ? guess : entries.firstIndex { $0.tag == tag }
        if let index { entries[index].state = state }
    }

    /// When what is ready to be acknowledged must be, if not by its number; `nil` where nothing is ready.
    public private(set) var deadline: EventLoop.Nanoseconds?
    /// The last tag that is ready, and how many are.
    private var ready: (tag: UInt64, count: Int)?
    /// So many are acknowledged at once, or what has come together after so many nanoseconds: each acknowledgement is an
    /// entry in the log of a quorum queue, whether it stands for one delivery or for a hundred.
    static let (batch, pause): (Int, EventLoop.Nanoseconds) = (100, 20_000_000)

    /// The tag up to which everything is to be acknowledged now; `nil` where nothing is, or not yet.
    ///
    /// - Parameter isLast: whether there will be no later call, so that nothing may be held back.
    public mutating func acknowledgement(
        at now: EventLoop.Nanoseconds, isLast: Bool = false
    ) -> UInt64? {
        collect(now)
        guard let (tag, count) = ready, isLast || count >= DeliveryLedger.batch || now >= deadline ?? 0 else {
            return nil
        }
        ready = nil
        deadline = nil
        return tag
    }

    private mutating func collect(_ now: EventLoop.Nanoseconds) {
        while done < entries.count, entries[done].state != .open {
            if entries[done].state == .settled {
                ready = (entries[done].tag, (ready?.count ?? 0) + 1)
                if deadline == nil { deadline = now &+ DeliveryLedger.pause }
            }
            done += 1
        }
        if done == entries.count || done >= 1024 {
            entries.removeFirst(done)
            done = 0
        }
    }
}
