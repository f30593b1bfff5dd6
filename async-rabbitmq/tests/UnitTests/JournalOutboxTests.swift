import XCTest

@testable import Journal

final class JournalOutboxTests: XCTestCase {
    private typealias Outbox = JournalOutbox<Int>

    private let identity = JournalIdentity.random()
    private lazy var outbox = Outbox(identity, epoch: 3, after: 9)

    @discardableResult
    private func append(_ token: Int?, isUrgent: Bool = true, bytes: Int = 1) -> UInt64 {
        outbox.append(token, isUrgent: isUrgent) { $0.raw([UInt8](repeating: UInt8(token ?? 0), count: bytes)) }
    }

    private func pop(all: Bool = false) -> (number: UInt64, content: JournalRecord.Content)? {
        outbox.pop(all: all).map { record in
            XCTAssertEqual(record.identity, identity)
            XCTAssertEqual(record.epoch, 3)
            return (record.number, record.content)
        }
    }

    /// - Returns: the tokens of what is safe now.
    private func confirm(_ number: UInt64) -> [Int] {
        outbox.confirm(number)
        var safe: [Int] = []
        while let token = outbox.popSafe() { safe.append(token) }
        return safe
    }

    private func assertPopped(
        _ number: UInt64, _ content: JournalRecord.Content, all: Bool = false, line: UInt = #line
    ) {
        let popped = pop(all: all)
        XCTAssertEqual(popped?.number, number, line: line)
        XCTAssertEqual(popped?.content, content, line: line)
    }

    // MARK: Numbers

    func testTheFirstRecordOfAJournalIsNumber0() {
        outbox = Outbox(identity, epoch: 3, after: nil)
        XCTAssertNil(outbox.confirmed)
        XCTAssertNil(outbox.newest)
        XCTAssertEqual(outbox.append(.founded(isAfterLoss: false, time: 0)), 0)
        XCTAssertNil(outbox.confirmed)
        XCTAssertEqual(outbox.newest, 0)
        assertPopped(0, .founded(isAfterLoss: false, time: 0))
        XCTAssertNil(outbox.confirmed)
        XCTAssertEqual(confirm(0), [])
        XCTAssertEqual(outbox.confirmed, 0)
    }

    func testNumbersFollowTheLastRecordAndRiseByOne() {
        XCTAssertEqual(outbox.confirmed, 9)
        XCTAssertEqual(outbox.newest, 9)
        XCTAssertEqual(append(1), 10)
        XCTAssertEqual(outbox.newest, 10, "the record that is being gathered counts")
        XCTAssertEqual(append(2), 10)
        XCTAssertEqual(outbox.append(.snapshotBegin([7])), 11)
        XCTAssertEqual(outbox.append(.snapshotPiece(begin: 11, [8])), 12)
        XCTAssertEqual(append(3), 13)
        XCTAssertEqual(outbox.newest, 13)
        assertPopped(10, .entries([1, 2]))
        assertPopped(11, .snapshotBegin([7]))
        assertPopped(12, .snapshotPiece(begin: 11, [8]))
        assertPopped(13, .entries([3]))
        XCTAssertEqual(outbox.confirmed, 9)
    }

    // MARK: Group commit

    func testASingleEntryIsSentAtOnce() {
        append(1)
        assertPopped(10, .entries([1]))
        XCTAssertNil(pop())
    }

    func testEntriesThatComeTogetherShareARecord() {
        for token in 1...100 { append(token) }
        assertPopped(10, .entries(Array(1...100)))
        XCTAssertNil(pop())
        XCTAssertEqual(confirm(10), Array(1...100))
        XCTAssertTrue(outbox.isEmpty)
    }

    func testOnlySoManyRecordsAreOnTheirWayAndEntriesGatherMeanwhile() {
        for number in 0..<UInt64(Outbox.mostInFlight) {
            XCTAssertTrue(outbox.isIdle)
            append(Int(number))
            assertPopped(10 + number, .entries([UInt8(number)]))
        }
        XCTAssertFalse(outbox.isIdle)
        for token in 50..<60 { XCTAssertEqual(append(token), 14) }
        XCTAssertNil(pop())
        XCTAssertNil(pop(all: true))
        XCTAssertEqual(confirm(10), [0])
        assertPopped(14, .entries(Array(50..<60)))
        append(60)
        XCTAssertNil(pop())
    }

    func testAFullRecordIsNotAddedTo() {
        XCTAssertEqual(append(1, bytes: Outbox.fullLength - 1), 10)
        XCTAssertEqual(append(2, bytes: 10), 10)
        XCTAssertEqual(append(3), 11)
        assertPopped(
            10, .entries([UInt8](repeating: 1, count: Outbox.fullLength - 1) + [UInt8](repeating: 2, count: 10)))
        assertPopped(11, .entries([3]))
        XCTAssertEqual(confirm(10), [1, 2])
        XCTAssertEqual(confirm(11), [3])
    }

    // MARK: Entries that nobody waits for

    func testWhatNobodyWaitsForIsSentWhenAskedFor() {
        append(1, isUrgent: false)
        XCTAssertTrue(outbox.isLazy)
        XCTAssertNil(pop())
        XCTAssertFalse(outbox.isEmpty)
        assertPopped(10, .entries([1]), all: true)
        XCTAssertFalse(outbox.isLazy)
        XCTAssertNil(pop(all: true))
    }

    func testWhatNobodyWaitsForGoesWithWhatIsUrgent() {
        append(1, isUrgent: false)
        append(2)
        append(3, isUrgent: false)
        XCTAssertFalse(outbox.isLazy)
        assertPopped(10, .entries([1, 2, 3]))
        append(4, isUrgent: false)
        XCTAssertTrue(outbox.isLazy, "the record that was urgent is gone")
        XCTAssertNil(pop())
    }

    func testARecordOfItsOwnEndsTheOneThatIsGathered() {
        append(1, isUrgent: false)
        outbox.append(.snapshotBegin([]))
        XCTAssertFalse(outbox.isLazy)
        assertPopped(10, .entries([1]))
        assertPopped(11, .snapshotBegin([]))
    }

    // MARK: Confirms

    func testATokenComesOnceAllRecordsBeforeAreConfirmed() {
        for token in 1...3 {
            append(token)
            _ = pop()
        }
        XCTAssertEqual(confirm(12), [])
        XCTAssertEqual(confirm(11), [])
        XCTAssertEqual(outbox.confirmed, 9)
        XCTAssertEqual(confirm(10), [1, 2, 3])
        XCTAssertEqual(outbox.confirmed, 12)
        XCTAssertTrue(outbox.isEmpty)
    }

    /// The connection may be lost while the tokens are dealt with: what was not is read again, with the whole record.
    func testARecordCountsAsConfirmedWhenAllItsTokensWereTaken() {
        for token in 1...3 { append(token) }
        _ = pop()
        append(4)
        _ = pop()
        outbox.confirm(11)
        outbox.confirm(10)
        for token in 1...3 {
            XCTAssertEqual(outbox.popSafe(), token)
            XCTAssertEqual(outbox.confirmed, 9)
        }
        XCTAssertEqual(outbox.popSafe(), 4)
        XCTAssertEqual(outbox.confirmed, 10)
        XCTAssertFalse(outbox.isEmpty)
        XCTAssertNil(outbox.popSafe())
        XCTAssertEqual(outbox.confirmed, 11)
        XCTAssertTrue(outbox.isEmpty)
    }

    func testAnEntryMayHaveNoTokenAndATokenNoEntry() {
        append(nil)
        outbox.append(7, isUrgent: true) { _ in }
        assertPopped(10, .entries([0]))
        XCTAssertEqual(confirm(10), [7])
        outbox.append(8, isUrgent: true) { _ in }
        assertPopped(11, .entries([]))
        XCTAssertEqual(confirm(11), [8])
    }

    func testConfirmsOfRecordsThatAreNotOnTheirWayChangeNothing() {
        append(1)
        for number in [0, 9, 10, 11, .max] as [UInt64] { XCTAssertEqual(confirm(number), []) }
        XCTAssertEqual(outbox.confirmed, 9, "it was not sent yet")
        _ = pop()
        for number in [0, 9, 11, .max] as [UInt64] { XCTAssertEqual(confirm(number), []) }
        XCTAssertEqual(confirm(10), [1])
        XCTAssertEqual(confirm(10), [], "once")
        XCTAssertEqual(outbox.confirmed, 10)
    }

    func testItIsEmptyWhenAllIsWrittenAndConfirmed() {
        XCTAssertTrue(outbox.isEmpty)
        append(1, isUrgent: false)
        XCTAssertFalse(outbox.isEmpty)
        XCTAssertTrue(outbox.isIdle)
        outbox.append(.snapshotBegin([]))
        XCTAssertFalse(outbox.isIdle)
        _ = (pop(), pop())
        XCTAssertFalse(outbox.isEmpty)
        XCTAssertTrue(outbox.isIdle)
        _ = (confirm(10), confirm(11))
        XCTAssertTrue(outbox.isEmpty)
    }

    // MARK: Whatever comes

    func testEveryEntryIsSentInItsOrderAndEveryTokenComesOnceInItsOrder() {
        var random = SeededGenerator(5)
        var (sent, entered, safe): ([UInt8], [UInt8], [Int]) = ([], [], [])
        var tokens: [(token: Int, record: UInt64)] = []
        var (inFlight, confirmed): (Set<UInt64>, Set<UInt64>) = ([], [])
        var (expected, token): (UInt64, Int) = (10, 0)
        func step(_ isLast: Bool) {
            switch isLast ? UInt64.random(in: 4...9, using: &random) : random.next() % 10 {
            case 0...2:
                token += 1
                let bytes = random.bytes(Int.random(in: 0...3, using: &random) * (token % 50 == 0 ? 30_000 : 1))
                entered += bytes
                tokens.append((token, outbox.append(token, isUrgent: Bool.random(using: &random)) { $0.raw(bytes) }))
            case 3 where token % 5 == 0: outbox.append(.snapshotBegin([1]))
            case 4...6:
                guard let record = pop(all: isLast || Bool.random(using: &random)) else { return }
                XCTAssertEqual(record.number, expected)
                expected += 1
                inFlight.insert(record.number)
                XCTAssertLessThanOrEqual(inFlight.subtracting(confirmed).count, Outbox.mostInFlight)
                if case .entries(let bytes) = record.content { sent += bytes }
            default:
                guard let number = inFlight.subtracting(confirmed).sorted().randomElement(using: &random) else {
                    return
                }
                confirmed.insert(number)
                let found = confirm(number)
                safe += found
                let end = (UInt64(10)...).first { !confirmed.contains($0) } ?? 10
                XCTAssertEqual(outbox.confirmed, end - 1)
                XCTAssertEqual(safe.count, tokens.prefix { $0.record < end }.count, "all that is safe, and no more")
            }
        }
        for _ in 0..<20_000 { step(false) }
        while !outbox.isEmpty { step(true) }
        XCTAssertEqual(sent, entered)
        XCTAssertEqual(safe, tokens.map(\.token))
        XCTAssertGreaterThan(token, 4000)
    }
}
