internal import Containers
public import ServiceKit

/// Which deliveries of a channel are still to be acknowledged, so that one acknowledgement can stand for many.
///
/// Deliveries come with rising tags and are completed in any order; what may be acknowledged are those before the first one that
/// is still open. A delivery that was rejected needs no acknowledgement, and must not be the tag of one: the broker would close
/// the channel with 406. A pure value.
public struct DeliveryLedger: Sendable {
    enum State: Sendable {
        case open
        case completed
        case rejected
    }

    /// The deliveries from the first open one on, and those before it that are yet to be looked at.
    private(set) var entries = Deque<(tag: UInt64, state: State)>()

    /// Makes the ledger of a fresh channel.
    public init() {}

    /// Notes a delivery.
    public mutating func add(_ tag: UInt64) { entries.append((tag, .open)) }

    /// Its work is done: it may be acknowledged once all before it may.
    public mutating func complete(_ tag: UInt64) { set(tag, .completed) }

    /// It was rejected.
    public mutating func reject(_ tag: UInt64) { set(tag, .rejected) }

    private mutating func set(_ tag: UInt64, _ state: State) {
        guard let first = entries.first?.tag, tag >= first else { return }
        // Delivery tags normally rise by one. If there was a gap, the delivery is found by looking through them all.
        let guess = Int(clamping: tag - first)
        let isThere = guess < entries.count && entries[guess].tag == tag
        let index = isThere ? guess : (0..<entries.count).first { entries[$0].tag == tag }
        if let index { entries[index].state = state }
    }

    /// When what is ready to be acknowledged must be, if not by its number; `nil` if nothing is ready.
    public private(set) var deadline: EventLoop.Nanoseconds?
    /// The last tag that is ready, and how many are.
    private var ready: (tag: UInt64, count: Int)?
    /// So many are acknowledged at once, or what has come together after so many nanoseconds: each acknowledgement is an
    /// entry in the log of a quorum queue, whether it stands for one delivery or for a hundred.
    static let (batch, pause): (Int, EventLoop.Nanoseconds) = (100, 20_000_000)

    /// The tag up to which everything is to be acknowledged now; `nil` if nothing is, or not yet.
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
        while let (tag, state) = entries.first, state != .open {
            if state == .completed {
                ready = (tag, (ready?.count ?? 0) + 1)
                if deadline == nil { deadline = now &+ DeliveryLedger.pause }
            }
            entries.popFirst()
        }
    }
}
