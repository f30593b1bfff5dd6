/// Which messages of a channel the broker has not confirmed yet, by their delivery tags: 1 for the first message after
/// `confirm.select`, then one more each time.
///
/// Confirms come out of order, and one may stand for many; a message that no queue took comes back first and is then
/// confirmed as well (RabbitMQ, "Consumer Acknowledgements and Publisher Confirms"). A pure value.
public struct ConfirmLedger<Token: Sendable>: Sendable {
    /// What became of a message.
    public enum Verdict: Sendable, Equatable {
        /// All queues that it was routed to have it.
        case confirmed
        /// No queue was bound for it.
        case returned
        /// A queue did not take it.
        case refused
    }

    private struct Entry: Sendable {
        let token: Token
        let messageID: String?
        var wasReturned = false
    }

    /// The entries from tag ``first`` on; those that are settled are `nil`.
    private var entries: [Entry?] = []
    /// Settled entries at the beginning of `entries`.
    private var settled = 0
    private var first: UInt64 = 1
    /// How many messages are unconfirmed.
    public private(set) var count = 0

    /// Makes the ledger of a channel that has just begun to confirm.
    public init() {}

    /// Notes a message that is about to be published.
    public mutating func publish(_ token: Token, messageID: String?) {
        entries.append(Entry(token: token, messageID: messageID))
        count += 1
    }

    /// Notes that a message came back. The oldest unconfirmed one of that identifier is meant.
    public mutating func returned(messageID: String?) {
        for index in settled..<entries.count {
            guard let entry = entries[index], entry.messageID == messageID, !entry.wasReturned else { continue }
            entries[index]?.wasReturned = true
            return
        }
    }

    /// Settles the message of a tag, or all up to it; tags that are settled or were never given are passed over.
    ///
    /// - Parameters:
    ///   - tag: 0 with `multiple` means all.
    ///   - isRefusal: whether the broker has refused rather than confirmed.
    ///   - each: is given every message that was settled.
    public mutating func settle(
        _ tag: UInt64, multiple: Bool, isRefusal: Bool = false, _ each: (Token, Verdict) -> Void
    ) {
        let last = multiple && tag == 0 ? first &+ UInt64(entries.count) &- 1 : tag
        guard last >= first, last - first < UInt64(entries.count) else { return }
        let end = Int(last - first)
        for index in (multiple ? min(settled, end) : end)...end {
            guard let entry = entries[index] else { continue }
            entries[index] = nil
            count -= 1
            each(entry.token, isRefusal ? .refused : entry.wasReturned ? .returned : .confirmed)
        }
        while settled < entries.count, entries[settled] == nil { settled += 1 }
        trim()
    }

    /// Takes out everything that is unconfirmed, for good: the channel is gone.
    public mutating func takeAll() -> [Token] {
        let tokens = entries.compactMap { $0?.token }
        self = ConfirmLedger()
        return tokens
    }

    /// Forgets the settled beginning once that is half of it all, so that no message costs more than another.
    private mutating func trim() {
        guard settled == entries.count || (settled >= 1024 && settled * 2 >= entries.count) else { return }
        entries.removeFirst(settled)
        first += UInt64(settled)
        settled = 0
    }
}
