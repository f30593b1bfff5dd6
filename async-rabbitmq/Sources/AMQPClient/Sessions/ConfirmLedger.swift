public import Containers

/// What became of a message that was published.
public enum ConfirmVerdict: Sendable, Equatable {
    /// All queues that it was routed to have it.
    case confirmed
    /// No queue was bound for it.
    case returned
    /// A queue did not take it.
    case refused
}

/// Which messages of a channel the broker has not confirmed yet, by their delivery tags: 1 for the first message after
/// `confirm.select`, then one more each time.
///
/// Confirms come out of order, and one may stand for many; a message that no queue took comes back first and is then
/// confirmed as well (RabbitMQ, "Consumer Acknowledgements and Publisher Confirms"). A pure value.
///
/// Inlinable, so that it is compiled for the tokens of the modules that use it: looking up their types at run time took a fifth
/// of InventoryService's instructions.
public struct ConfirmLedger<Token: Sendable>: Sendable {
    /// What became of a message.
    public typealias Verdict = ConfirmVerdict

    @usableFromInline struct Entry: Sendable {
        @usableFromInline let token: Token
        @usableFromInline let messageID: String?
        @usableFromInline var wasReturned = false

        @inlinable init(_ token: Token, _ messageID: String?) {
            self.token = token
            self.messageID = messageID
        }
    }

    /// The entries from tag ``first`` on; `nil` stands for one that was answered before an earlier one.
    @usableFromInline var entries = Deque<Entry?>()
    @usableFromInline var first: UInt64 = 1
    @usableFromInline var unconfirmed = 0

    /// Makes the ledger of a channel that has just begun to confirm.
    @inlinable
    public init() {}

    /// How many messages are unconfirmed.
    @inlinable
    public var count: Int { unconfirmed }

    /// Notes a message that is about to be published.
    @inlinable
    public mutating func publish(_ token: Token, messageID: String?) {
        entries.append(Entry(token, messageID))
        unconfirmed += 1
    }

    /// Notes that a message came back. The oldest unconfirmed one of that identifier is meant.
    @inlinable
    public mutating func returned(messageID: String?) {
        for index in 0..<entries.count {
            guard let entry = entries[index], entry.messageID == messageID, !entry.wasReturned else { continue }
            entries[index]?.wasReturned = true
            return
        }
    }

    /// Takes the broker's answer about the message of a tag, or about all up to it; tags that were answered before or were never
    /// given are passed over.
    ///
    /// - Parameters:
    ///   - tag: 0 with `multiple` means all.
    ///   - isRefusal: whether the broker has refused rather than confirmed.
    ///   - each: is given every message that is answered now.
    @inlinable
    public mutating func confirm(
        _ tag: UInt64, multiple: Bool, isRefusal: Bool = false, _ each: (Token, Verdict) -> Void
    ) {
        let last = multiple && tag == 0 ? first &+ UInt64(entries.count) &- 1 : tag
        guard last >= first, last - first < UInt64(entries.count) else { return }
        let end = Int(last - first)
        for index in (multiple ? 0 : end)...end {
            guard let entry = entries[index] else { continue }
            entries[index] = nil
            unconfirmed -= 1
            each(entry.token, isRefusal ? .refused : entry.wasReturned ? .returned : .confirmed)
        }
        while case .some(nil) = entries.first {
            entries.popFirst()
            first += 1
        }
    }

    /// Takes out everything that is unconfirmed, for good: the channel is gone.
    @inlinable
    public mutating func takeAll() -> [Token] {
        let tokens = entries.compactMap { $0?.token }
        self = ConfirmLedger()
        return tokens
    }
}
