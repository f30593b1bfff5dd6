import XCTest

@testable import Journal

/// Journals as writers leave them that are killed at any moment, read from any place from which they can be read.
final class JournalReplayRandomTests: XCTestCase {
    /// A service that writes its journal into an array, through the outbox that the real ones have.
    private struct Writer {
        let identity = JournalIdentity.random()
        var random: SeededGenerator
        /// The stream: records, and what else somebody has published to it.
        var stream: [[UInt8]] = []
        /// Where each record stands in it, by its number.
        var places: [Int] = []
        /// Every entry that was written, with its record.
        var entries: [(record: UInt64, entry: MemoryEntry)] = []
        var content = JournalMemory.Content()
        var outbox: JournalOutbox<Int>
        var epoch: UInt32 = 1
        var nextEvent: UInt64 = 0
        /// What is still to be written of a snapshot.
        var snapshot: (begin: UInt64, pieces: UInt64, values: [UInt8], events: [UInt64])?
        /// The records with which whole snapshots began and ended.
        var whole: [(begin: UInt64, end: UInt64)] = []
        var brokenOffCount = 0

        /// What the first writer knew before it founded the journal, after another one was lost.
        var base = JournalMemory.Content()

        init(_ seed: UInt64, isAfterLoss: Bool) {
            random = SeededGenerator(seed)
            outbox = JournalOutbox(identity, epoch: 1, after: nil)
            outbox.append(.founded(isAfterLoss: isAfterLoss, time: 0))
            guard isAfterLoss else { return }
            for id in 0..<UInt64.random(in: 0..<40, using: &random) {
                base.apply(.set(UInt8(id % 20), id))
                base.apply(.add(id: 1000 + id, amount: id))
            }
            content = base
            beginSnapshot()
        }

        mutating func roll(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

        mutating func write() {
            if roll(8), nextEvent > 0 {
                // A copy of what was decided before.
                append(.add(id: UInt64.random(in: 0..<nextEvent, using: &random), amount: 1000))
            } else if roll(2) {
                append(.add(id: nextEvent, amount: UInt64.random(in: 0...9, using: &random)))
                nextEvent += 1
            } else {
                append(.set(UInt8.random(in: 0..<20, using: &random), random.next()))
            }
        }

        private mutating func append(_ entry: MemoryEntry) {
            content.apply(entry)
            entries.append((outbox.append(1, isUrgent: true) { entry.write(to: &$0) }, entry))
        }

        /// Sends what may be sent; the broker confirms it at once.
        mutating func send() {
            while let record = outbox.pop(all: true) {
                if roll(10) { stream.append(random.bytes(Int.random(in: 0...2, using: &random))) }
                if roll(10) {
                    stream.append(JournalRecord(.random(), epoch: 0, number: random.next(), .barrier).body)
                }
                if roll(10) {
                    stream.append(JournalRecord(.random(), epoch: 9, number: record.number, record.content).body)
                }
                XCTAssertEqual(Int(record.number), places.count)
                places.append(stream.count)
                stream.append(record.body)
                outbox.confirm(record.number)
                while outbox.popSafe() != nil {}
            }
        }

        mutating func beginSnapshot() {
            guard snapshot == nil else { return }
            var writer = BinaryWriter()
            writer.number(content.total)
            let begin = outbox.append(.snapshotBegin(writer.bytes))
            snapshot = (begin, 0, content.values.keys.sorted(), content.events.keys.sorted())
        }

        /// Writes some of what was known at the beginning, so as it is now.
        mutating func writePiece() {
            guard var writing = snapshot else { return }
            var piece: [MemoryEntry] = []
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                if let name = writing.values.popLast() {
                    piece.append(.set(name, content.values[name] ?? 0))
                } else if let id = writing.events.popLast() {
                    piece.append(.add(id: id, amount: content.events[id] ?? 0))
                }
            }
            writing.pieces += 1
            outbox.append(.snapshotPiece(begin: writing.begin, MemoryEntry.bytes(piece)))
            snapshot = writing
            guard writing.values.isEmpty, writing.events.isEmpty else { return }
            let end = outbox.append(.snapshotEnd(begin: writing.begin, pieces: writing.pieces))
            whole.append((writing.begin, end))
            snapshot = nil
        }

        /// The writer is killed: what was not sent is lost. A successor goes on with what stands in the stream.
        mutating func kill() {
            // If that snapshot were broken off, some of what the first writer knew would be lost.
            guard base == JournalMemory.Content() || places.count > whole.first?.end ?? .max else { return }
            // Those that were on their way may be lost as well.
            if roll(2) { send() }
            let count = UInt64(places.count)
            entries.removeAll { $0.record >= count }
            whole.removeAll { $0.end >= count }
            if snapshot != nil { brokenOffCount += 1 }
            snapshot = nil
            content = state(upTo: count)
            epoch += UInt32.random(in: 1...3, using: &random)
            outbox = JournalOutbox(identity, epoch: epoch, after: count > 0 ? count - 1 : nil)
            if count == 0 { outbox.append(.founded(isAfterLoss: false, time: 0)) }
        }

        /// What the records before one tell: the entries in their order, and nothing else.
        func state(upTo end: UInt64) -> JournalMemory.Content {
            var content = base
            for (record, entry) in entries where record < end { content.apply(entry) }
            return content
        }
    }

    private func makeWriter(_ seed: UInt64) -> Writer {
        var writer = Writer(seed, isAfterLoss: seed % 3 == 0)
        for _ in 0..<Int.random(in: 5...250, using: &writer.random) {
            switch Int.random(in: 0..<40, using: &writer.random) {
            case 0...1: writer.beginSnapshot()
            case 2...9: writer.writePiece()
            case 10...20: writer.send()
            case 21: writer.kill()
            default: writer.write()
            }
        }
        // The first snapshot must become whole if there is more in it than was written.
        while writer.base != JournalMemory.Content(), writer.whole.isEmpty { writer.writePiece() }
        writer.send()
        return writer
    }

    private func read(
        _ replay: inout JournalReplay, _ stream: Range<Int>, of writer: Writer, into memory: JournalMemory,
        _ seed: UInt64
    ) {
        for place in stream {
            do throws(JournalDamage) {
                try replay.take(writer.stream[place], at: Int64(place), into: memory)
            } catch {
                return XCTFail("seed \(seed): \(error) at \(place)")
            }
        }
    }

    func testWhatIsReadIsWhatWasWritten() {
        var (snapshots, brokenOff, fromSnapshots) = (0, 0, 0)
        for seed in 0..<1500 as Range<UInt64> {
            var writer = makeWriter(seed)
            let last = UInt64(writer.places.count - 1)
            let newest = writer.whole.last
            let expected = writer.state(upTo: last + 1)
            snapshots += writer.whole.count
            brokenOff += writer.brokenOffCount
            for _ in 0..<5 {
                let first = UInt64.random(in: 0...(newest?.begin ?? 0), using: &writer.random)
                let place = first == 0 ? 0 : writer.places[Int(first)]
                let memory = JournalMemory()
                memory.content.total = 777
                var replay = JournalReplay(Bool.random(using: &writer.random) && first > 0 ? nil : writer.identity)
                if replay.identity == nil, first > 0 { fromSnapshots += 1 }
                read(&replay, place..<writer.stream.count, of: writer, into: memory, seed)
                XCTAssertEqual(memory.content, expected, "seed \(seed) from \(first)")
                XCTAssertNoThrow(try replay.check(expecting: last), "seed \(seed) from \(first)")
                XCTAssertEqual(replay.last, last)
                XCTAssertEqual(
                    replay.snapshotOffset, newest.map { Int64(writer.places[Int($0.begin)]) }, "seed \(seed)")
            }
        }
        XCTAssertGreaterThan(snapshots, 1000)
        XCTAssertGreaterThan(brokenOff, 200)
        XCTAssertGreaterThan(fromSnapshots, 500)
    }

    /// A standby reads on where it was, and knows the same as one that reads all.
    func testWhoReadsOnKnowsTheSame() {
        for seed in 5000..<6000 as Range<UInt64> {
            var writer = makeWriter(seed)
            let last = UInt64(writer.places.count - 1)
            let memory = JournalMemory()
            var replay = JournalReplay(writer.identity)
            // Nobody stops to read within the snapshot of what was known before a loss, unless that was broken off.
            let least = writer.base == JournalMemory.Content() ? 0 : Int(writer.whole.first?.end ?? 0)
            var known = Int.random(in: least..<writer.places.count, using: &writer.random)
            read(&replay, 0..<writer.places[known] + 1, of: writer, into: memory, seed)
            while true {
                XCTAssertEqual(memory.content, writer.state(upTo: UInt64(known) + 1), "seed \(seed) up to \(known)")
                guard known < last else { break }
                replay = JournalReplay(writer.identity, after: UInt64(known), epoch: replay.epoch)
                let first = Int.random(in: 0...known, using: &writer.random)
                known = Int.random(in: known + 1...Int(last), using: &writer.random)
                read(&replay, writer.places[first]..<writer.places[known] + 1, of: writer, into: memory, seed)
                XCTAssertNoThrow(try replay.check(expecting: UInt64(known)))
            }
        }
    }

    /// Behind the beginning of the newest whole snapshot there is nothing from which a memory could be made.
    func testWhatIsReadFromTooLateIsNotTakenForWhole() {
        var count = 0
        for seed in 9000..<9500 as Range<UInt64> {
            var writer = makeWriter(seed)
            guard writer.places.count > 1 else { continue }
            let begin = writer.whole.last?.begin ?? 0
            guard Int(begin) + 1 < writer.places.count else { continue }
            let first = Int.random(in: Int(begin) + 1..<writer.places.count, using: &writer.random)
            var replay = JournalReplay(writer.identity)
            read(&replay, writer.places[first]..<writer.stream.count, of: writer, into: JournalMemory(), seed)
            XCTAssertFalse(replay.isWhole)
            XCTAssertThrowsError(try replay.check(expecting: nil)) {
                XCTAssertEqual($0 as? JournalDamage, .withoutBeginning)
            }
            count += 1
        }
        XCTAssertGreaterThan(count, 300)
    }

    /// Whatever somebody publishes to the stream, reading it ends with an error, or without one.
    func testRandomRecordsNeverTrap() {
        var random = SeededGenerator(8)
        let identity = JournalIdentity.random()
        var damages = 0
        for _ in 0..<10_000 {
            var replay = JournalReplay(Bool.random(using: &random) ? nil : identity)
            let memory = JournalMemory()
            var number = UInt64.random(in: 0...2, using: &random)
            for _ in 0..<12 {
                let bytes = random.bytes(Int.random(in: 0...12, using: &random)).map { $0 % 4 }
                let begin = number &- UInt64.random(in: 0...4, using: &random)
                let content: JournalRecord.Content =
                    switch random.next() % 8 {
                    case 0: .founded(isAfterLoss: Bool.random(using: &random), time: 0)
                    case 1: .snapshotBegin(bytes)
                    case 2...3: .snapshotPiece(begin: begin, bytes)
                    case 4: .snapshotEnd(begin: begin, pieces: UInt64.random(in: 0...2, using: &random))
                    default: .entries(bytes)
                    }
                let epoch = UInt32.random(in: 0...1, using: &random) == 0 ? UInt32.max : 3
                let body = JournalRecord(identity, epoch: random.next() % 30 == 0 ? epoch : 3, number: number, content)
                    .body
                do throws(JournalDamage) {
                    try replay.take(body, at: nil, into: memory)
                } catch {
                    damages += 1
                    break
                }
                if random.next() % 30 > 0 { number &+= 1 }
            }
            _ = try? replay.check(expecting: random.next() % 20)
        }
        XCTAssertGreaterThan(damages, 1000)
    }
}
