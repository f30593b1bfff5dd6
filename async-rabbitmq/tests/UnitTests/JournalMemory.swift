import Journal

/// What one entry of the tests' journals says.
enum MemoryEntry: Equatable {
    /// A name has a new value: it matters which one is the last.
    case set(UInt8, UInt64)
    /// Something happens once: it matters that it is not counted twice.
    case add(id: UInt64, amount: UInt64)

    func write(to writer: inout BinaryWriter) {
        switch self {
        case .set(let name, let value):
            writer.byte(1)
            writer.byte(name)
            writer.number(value)
        case .add(let id, let amount):
            writer.byte(2)
            writer.number(id)
            writer.number(amount)
        }
    }

    init(from reader: inout BinaryReader) throws(JournalDamage) {
        switch try reader.byte() {
        case 1: self = .set(try reader.byte(), try reader.number())
        case 2: self = .add(id: try reader.number(), amount: try reader.number())
        default: throw .malformed("no such entry")
        }
    }

    static func bytes(_ entries: [MemoryEntry]) -> [UInt8] {
        var writer = BinaryWriter()
        for entry in entries { entry.write(to: &writer) }
        return writer.bytes
    }
}

/// The memory of a service that does not exist, with what the real ones have: values of which the last one counts, and events
/// that count once, with a total that a snapshot's beginning tells.
final class JournalMemory: JournaledState {
    struct Content: Equatable {
        var values: [UInt8: UInt64] = [:]
        var events: [UInt64: UInt64] = [:]
        var total: UInt64 = 0

        mutating func apply(_ entry: MemoryEntry, isOfSnapshot: Bool = false) {
            switch entry {
            case .set(let name, let value): values[name] = value
            case .add(let id, let amount):
                guard events.updateValue(amount, forKey: id) == nil else { return }
                if !isOfSnapshot { total += amount }
            }
        }
    }

    var content = Content()
    private(set) var forgetCount = 0
    /// The records whose entries were taken, with whether they were a snapshot's.
    private(set) var taken: [String] = []

    func forget() {
        content = Content()
        forgetCount += 1
    }

    func restoreBeginning(_ reader: inout BinaryReader) throws(JournalDamage) { content.total = try reader.number() }

    func restore(_ reader: inout BinaryReader, record: UInt64, isOfSnapshot: Bool) throws(JournalDamage) {
        content.apply(try MemoryEntry(from: &reader), isOfSnapshot: isOfSnapshot)
        taken.append(isOfSnapshot ? "piece of \(record)" : "\(record)")
    }
}
