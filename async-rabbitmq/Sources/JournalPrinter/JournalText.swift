internal import AMQPClient
internal import CampusModel
internal import Glibc
internal import Journal
internal import OrderMessages
internal import ServiceKit

/// The journals that can be printed, by the names of their services.
enum PrintedJournal: String, CaseIterable {
    case order, inventory, notification

    /// The name of its stream.
    var stream: String {
        switch self {
        case .order: OrderTopology.orderJournal
        case .inventory: OrderTopology.inventoryJournal
        case .notification: OrderTopology.notificationJournal
        }
    }

    /// Who writes it.
    var writer: String {
        switch self {
        case .order: "OrderService"
        case .inventory: "InventoryService"
        case .notification: "NotificationService"
        }
    }
}

/// Makes lines for a person of the messages of a journal: one for each entry, with the number and the epoch of its record.
///
/// What the journal holds comes from whoever could publish to its stream. So texts are quoted if they hold anything but plain
/// characters, and what cannot be read is told as such. A value without I/O.
struct JournalText {
    private let journal: PrintedJournal
    private let withBarriers: Bool
    /// The journal that was founded last in the stream; before one was, that of the first record.
    private var identity: JournalIdentity?
    private var (recordCount, entryCount, strayCount) = (0, 0, 0)

    /// Begins a journal.
    init(_ journal: PrintedJournal, withBarriers: Bool) {
        self.journal = journal
        self.withBarriers = withBarriers
    }

    /// What stands above the lines.
    var heading: String {
        "\(journal.stream), the journal of \(journal.writer)\n" + JournalText.line("record", "epoch", "entry") + "\n"
    }

    /// What stands below the lines.
    var ending: String {
        guard recordCount + strayCount > 0 else { return "it is empty: nothing was written to it yet" }
        var text = JournalText.count(recordCount, "record") + ", " + JournalText.count(entryCount, "entry", "entries")
        if strayCount > 0 { text += ", " + JournalText.count(strayCount, "message") + " that cannot be read" }
        return text
    }

    /// The lines for the next message of the stream; none for a barrier, unless these are wanted.
    mutating func lines(_ message: AMQPMessage) -> [String] {
        let record: JournalRecord?
        do throws(JournalDamage) {
            record = try JournalRecord.read(message.body)
        } catch {
            strayCount += 1
            return [JournalText.line("?", "?", "a record that cannot be read: \(JournalText.problem(error))")]
        }
        guard let record else {
            strayCount += 1
            let length = message.isTooLong ? "more than \(AMQPMessage.bodyLimit)" : "\(message.body.count)"
            return [JournalText.line("-", "-", "a stray message of \(length) bytes, which is no record")]
        }
        guard record.content != .barrier else {
            return withBarriers ? [JournalText.line("-", "-", "barrier \(String(record.number, radix: 16))")] : []
        }
        recordCount += 1
        if identity == nil || record.isFounding { identity = record.identity }
        let foreign = record.identity == identity ? "" : "of another journal, \(record.identity): "
        return texts(record.content).map { text in
            JournalText.line("\(record.number)", "\(record.epoch)", foreign + text)
        }
    }

    private mutating func texts(_ content: JournalRecord.Content) -> [String] {
        switch content {
        case .founded(let isAfterLoss, let time):
            let loss = isAfterLoss ? ", after another one was lost" : ""
            return ["founded at \(JournalText.time(time)) as \(identity?.description ?? "")\(loss)"]
        case .entries(let bytes):
            let texts = entries(bytes)
            return texts.isEmpty ? ["no entries"] : texts
        case .snapshotBegin(let bytes): return ["snapshot begins" + totals(bytes)]
        case .snapshotPiece(let begin, let bytes):
            let texts = entries(bytes)
            let piece = "in the snapshot of record \(begin): "
            return texts.isEmpty ? [piece + "no entries"] : texts.map { piece + $0 }
        case .snapshotEnd(let begin, let pieces):
            let count = JournalText.count(Int(clamping: pieces), "piece")
            return ["the snapshot of record \(begin) is whole, with \(count)"]
        case .barrier: return []
        }
    }

    // MARK: Entries

    /// The entries up to the first one that cannot be read, and what is wrong with that one.
    private mutating func entries(_ bytes: [UInt8]) -> [String] {
        var reader = BinaryReader(bytes)
        var texts: [String] = []
        do throws(JournalDamage) {
            while !reader.isAtEnd {
                texts.append(try entry(&reader))
                entryCount += 1
            }
        } catch {
            texts.append("an entry that cannot be read: \(JournalText.problem(error))")
        }
        return texts
    }

    private func entry(_ reader: inout BinaryReader) throws(JournalDamage) -> String {
        switch journal {
        case .order: return text(try OrderEntry(from: &reader))
        case .inventory: return text(try InventoryEntry(from: &reader))
        case .notification:
            let entry = try NotificationEntry(from: &reader)
            return "notification \(entry.id) \(Logger.quoted(entry.item)), told at \(JournalText.time(entry.timestamp))"
        }
    }

    private func text(_ entry: OrderEntry) -> String {
        switch entry {
        case .placed(let order, let key, let requestID):
            var text = "placed \(JournalText.what(order.id, order.quantity, order.item))"
            text += ", at \(JournalText.time(order.timestamp))\(JournalText.named("key", key))"
            return text + JournalText.named("request", requestID)
        case .outcome(let order, let key):
            return "outcome \(JournalText.what(order.id, order.quantity, order.item)) \(order.status.rawValue)"
                + JournalText.named("key", key)
        case .givenUp(let id): return "given up \(id)"
        case .sent(let upTo): return "sent up to record \(upTo)"
        case .known(let order):
            return "known \(JournalText.what(order.id, order.quantity, order.item)) \(order.status.rawValue)"
        case .key(let key, let id, let item, let quantity):
            return "key \(Logger.quoted(key)) of \(JournalText.what(id, quantity, item))"
        }
    }

    private func text(_ entry: InventoryEntry) -> String {
        let what = JournalText.what(entry.id, entry.quantity, entry.item)
        let verdict = entry.reason.map { "failed (\(Logger.quoted($0)))" } ?? "reserved"
        return "decision \(what) \(verdict), asked by \(Logger.quoted(entry.cause.description))"
    }

    /// What the beginning of InventoryService's snapshots says.
    private func totals(_ bytes: [UInt8]) -> String {
        guard journal == .inventory else { return "" }
        do throws(JournalDamage) {
            var reader = BinaryReader(bytes)
            let counts = try ReservedTotals(from: &reader).counts.sorted { $0.key < $1.key }
            let all = counts.map { "\($0.value) \(Logger.quoted($0.key))" }.joined(separator: ", ")
            return "; reserved until then: \(all.isEmpty ? "nothing" : all)"
        } catch {
            return "; its totals cannot be read: \(JournalText.problem(error))"
        }
    }

    // MARK: Words

    private static func line(_ record: String, _ epoch: String, _ text: String) -> String {
        padded(record, 8) + padded(epoch, 7) + "  " + text
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func what(_ id: OrderID, _ quantity: Int, _ item: String) -> String {
        "\(id) \(quantity) \(Logger.quoted(item))"
    }

    private static func named(_ name: String, _ value: String?) -> String {
        value.map { ", \(name) \(Logger.quoted($0))" } ?? ""
    }

    private static func count(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? one + "s")"
    }

    private static func problem(_ damage: JournalDamage) -> String {
        switch damage {
        case .malformed(let problem): problem
        case .unknownVersion(let version): "it is of version \(version), and known is version \(JournalRecord.version)"
        default: damage.description
        }
    }

    /// A time in UTC, to the millisecond; seconds since 1970 if it lies outside the years 1970 to 9999.
    static func time(_ seconds: Double) -> String {
        guard (0..<253_402_300_799).contains(seconds) else { return "\(seconds) s" }
        let milliseconds = Int((seconds * 1000).rounded())
        var whole = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&whole, &parts)
        func digits(_ number: some BinaryInteger, _ width: Int) -> String {
            let text = "\(number)"
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date = [digits(parts.tm_year + 1900, 4), digits(parts.tm_mon + 1, 2), digits(parts.tm_mday, 2)]
        let clock = [digits(parts.tm_hour, 2), digits(parts.tm_min, 2), digits(parts.tm_sec, 2)]
        return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":")).\(digits(milliseconds % 1000, 3))Z"
    }
}

extension JournalRecord {
    /// Whether a journal begins with it.
    fileprivate var isFounding: Bool { if case .founded = content { true } else { false } }
}
