import AMQPClient
import CampusModel
import Journal
import OrderMessages
import XCTest

@testable import JournalPrinter

/// What a person reads of a journal.
final class JournalTextTests: XCTestCase {
    private static let journal = JournalIdentity(high: 0x0123_4567_89AB_CDEF, low: 1)
    private static let id = OrderID("00000000-0000-4000-8000-00000000000a")!
    private static let time = 1_764_237_184.0685
    private var text = JournalText(.order, withBarriers: false)

    override func setUp() { text = JournalText(.order, withBarriers: false) }

    private func message(
        _ content: JournalRecord.Content, _ number: UInt64 = 7, epoch: UInt32 = 3, of journal: JournalIdentity? = nil
    ) -> AMQPMessage {
        AMQPMessage(body: JournalRecord(journal ?? Self.journal, epoch: epoch, number: number, content).body)
    }

    private func entries(_ entries: OrderEntry...) -> [UInt8] {
        var writer = BinaryWriter()
        for entry in entries { entry.write(to: &writer) }
        return writer.bytes
    }

    private func order(_ status: OrderStatus, item: String = "burger") -> Order {
        Order(id: Self.id, item: item, quantity: 2, status: status, timestamp: Self.time)
    }

    private func assertLines(_ content: JournalRecord.Content, _ expected: String..., line: UInt = #line) {
        let begin = "       7      3  "
        XCTAssertEqual(text.lines(message(content)), expected.map { begin + $0 }, line: line)
    }

    // MARK: Kinds of records

    func testTheFirstRecordTellsWhichJournalItIs() {
        assertLines(
            .founded(isAfterLoss: false, time: Self.time),
            "founded at 2025-11-27T09:53:04.069Z as 0123456789abcdef0000000000000001")
        assertLines(
            .founded(isAfterLoss: true, time: Self.time),
            "founded at 2025-11-27T09:53:04.069Z as 0123456789abcdef0000000000000001, after another one was lost")
    }

    func testEachEntryOfARecordHasALineWithItsNumberAndEpoch() {
        assertLines(
            .entries(entries(.sent(upTo: 5), .givenUp(Self.id))), "sent up to record 5", "given up \(Self.id)")
        assertLines(.entries([]), "no entries")
    }

    func testASnapshotIsToldFromItsBeginningToItsEnd() {
        assertLines(.snapshotBegin([]), "snapshot begins")
        assertLines(
            .snapshotPiece(begin: 4, entries(.known(order(.reserved)))),
            "in the snapshot of record 4: known \(Self.id) 2 burger reserved")
        assertLines(.snapshotPiece(begin: 4, []), "in the snapshot of record 4: no entries")
        assertLines(.snapshotEnd(begin: 4, pieces: 1), "the snapshot of record 4 is whole, with 1 piece")
        assertLines(.snapshotEnd(begin: 4, pieces: .max), "the snapshot of record 4 is whole, with \(Int.max) pieces")
    }

    func testBarriersAreLeftOutUnlessTheyAreWanted() {
        let barrier = message(.barrier, 0xBEEF, epoch: 0, of: JournalIdentity(high: 9, low: 9))
        XCTAssertEqual(text.lines(barrier), [])
        assertLines(.entries(entries(.sent(upTo: 5))), "sent up to record 5")
        var all = JournalText(.order, withBarriers: true)
        XCTAssertEqual(all.lines(barrier), ["       -      -  barrier beef"])
        XCTAssertEqual(all.ending, "it is empty: nothing was written to it yet")
    }

    func testRecordsOfAnotherJournalAreToldAsSuch() {
        assertLines(.entries(entries(.sent(upTo: 5))), "sent up to record 5")
        let other = JournalIdentity(high: 0, low: 0xFF)
        XCTAssertEqual(
            text.lines(message(.entries(entries(.sent(upTo: 6))), of: other)),
            ["       7      3  of another journal, 000000000000000000000000000000ff: sent up to record 6"])
        // If a journal is lost, the next one may begin in the same stream.
        XCTAssertEqual(
            text.lines(message(.founded(isAfterLoss: true, time: 0), 0, epoch: 1, of: other)),
            ["       0      1  founded at 1970-01-01T00:00:00.000Z as \(other), after another one was lost"])
        XCTAssertEqual(
            text.lines(message(.entries(entries(.sent(upTo: 6))), 1, epoch: 1, of: other)),
            ["       1      1  sent up to record 6"])
        assertLines(
            .entries(entries(.sent(upTo: 5))), "of another journal, \(Self.journal): sent up to record 5")
    }

    // MARK: Entries

    func testEntriesOfOrders() {
        assertLines(
            .entries(entries(.placed(order(.placed), key: "k-1", requestID: "r-1"))),
            "placed \(Self.id) 2 burger, at 2025-11-27T09:53:04.069Z, key k-1, request r-1")
        assertLines(
            .entries(entries(.placed(order(.placed), key: nil, requestID: nil))),
            "placed \(Self.id) 2 burger, at 2025-11-27T09:53:04.069Z")
        assertLines(
            .entries(entries(.outcome(order(.reserved), key: nil), .outcome(order(.failed), key: "k-1"))),
            "outcome \(Self.id) 2 burger reserved", "outcome \(Self.id) 2 burger failed, key k-1")
        assertLines(
            .entries(entries(.key("k-1", Self.id, item: "burger", quantity: 2))), "key k-1 of \(Self.id) 2 burger")
    }

    func testDecisionsAndTotals() {
        text = JournalText(.inventory, withBarriers: false)
        var writer = BinaryWriter()
        for (reason, cause) in [(nil, MessageID("mine")), ("unknown_item", .uuid(Self.id))] as [(String?, MessageID?)] {
            InventoryEntry(
                id: Self.id, item: "burger", quantity: 2, timestamp: Self.time, reason: reason, cause: cause!
            ).write(to: &writer)
        }
        assertLines(
            .entries(writer.bytes), "decision \(Self.id) 2 burger reserved, asked by mine",
            "decision \(Self.id) 2 burger failed (unknown_item), asked by \(Self.id)")
        writer = BinaryWriter()
        ReservedTotals(["pizza": 2, "burger": 40]).write(to: &writer)
        assertLines(.snapshotBegin(writer.bytes), "snapshot begins; reserved until then: 40 burger, 2 pizza")
        assertLines(.snapshotBegin([0]), "snapshot begins; reserved until then: nothing")
        assertLines(.snapshotBegin([]), "snapshot begins; its totals cannot be read: a record ends too early")
    }

    func testNotifications() {
        text = JournalText(.notification, withBarriers: false)
        var writer = BinaryWriter()
        NotificationEntry(id: Self.id, item: "pizza", timestamp: Self.time).write(to: &writer)
        assertLines(.entries(writer.bytes), "notification \(Self.id) pizza, told at 2025-11-27T09:53:04.069Z")
    }

    // MARK: What somebody else has published

    func testMessagesThatAreNoRecordsAreToldAsSuch() {
        XCTAssertEqual(
            text.lines(AMQPMessage(body: Array("hello".utf8))),
            ["       -      -  a stray message of 5 bytes, which is no record"])
        var long = AMQPMessage(body: [])
        long.isTooLong = true
        XCTAssertEqual(
            text.lines(long), ["       -      -  a stray message of more than 1048576 bytes, which is no record"])
        XCTAssertEqual(text.ending, "0 records, 0 entries, 2 messages that cannot be read")
    }

    func testRecordsThatCannotBeReadAreToldAsSuch() {
        func lines(_ change: (inout [UInt8]) -> Void) -> [String] {
            var body = message(.entries([])).body
            change(&body)
            return text.lines(AMQPMessage(body: body))
        }
        let begin = "       ?      ?  a record that cannot be read: "
        XCTAssertEqual(lines { $0[2] = 9 }, [begin + "it is of version 9, and known is version 1"])
        XCTAssertEqual(lines { $0[3] = 77 }, [begin + "a record is of the unknown kind 77"])
        XCTAssertEqual(lines { $0.removeLast() }, [begin + "a record ends too early"])
        XCTAssertEqual(text.ending, "0 records, 0 entries, 3 messages that cannot be read")
    }

    func testEntriesBeforeOneThatCannotBeReadAreShown() {
        assertLines(
            .entries(entries(.sent(upTo: 5)) + [99]), "sent up to record 5",
            "an entry that cannot be read: an entry is of the unknown kind 99")
        XCTAssertEqual(text.ending, "1 record, 1 entry")
    }

    func testNoTextCanForgeALineOrSteerATerminal() {
        for text in ["a\nb", "a\u{1B}[2Jb", "a\u{202E}b", "a\u{9B}b", "a b\"c"] {
            let lines = self.text.lines(
                message(.entries(entries(.placed(order(.placed, item: "x"), key: text, requestID: text)))))
            XCTAssertEqual(lines.count, 1)
            let scalars = lines.joined().unicodeScalars
            XCTAssertFalse(scalars.contains { [.control, .format].contains($0.properties.generalCategory) }, lines[0])
        }
        assertLines(
            .entries(entries(.placed(order(.placed, item: "a b"), key: "k\"", requestID: nil))),
            "placed \(Self.id) 2 \"a b\", at 2025-11-27T09:53:04.069Z, key \"k\\\"\"")
    }

    func testTimesOutsideOfTheCalendarAreSeconds() {
        XCTAssertEqual(JournalText.time(0), "1970-01-01T00:00:00.000Z")
        XCTAssertEqual(JournalText.time(253_402_300_798), "9999-12-31T23:59:58.000Z")
        for seconds in [-1, 1e300, -1e300, 253_402_300_800] {
            XCTAssertEqual(JournalText.time(seconds), "\(seconds) s")
        }
    }

    // MARK: Around the lines

    func testHeadingAndEnding() {
        XCTAssertEqual(
            text.heading, "orders_log, the journal of OrderService\n  record  epoch  entry\n")
        XCTAssertEqual(
            PrintedJournal.allCases.map(\.stream), ["orders_log", "inventory_log", "notifications_log"])
        XCTAssertEqual(text.ending, "it is empty: nothing was written to it yet")
        _ = text.lines(message(.founded(isAfterLoss: false, time: 0)))
        _ = text.lines(message(.entries(entries(.sent(upTo: 5), .sent(upTo: 6)))))
        XCTAssertEqual(text.ending, "2 records, 2 entries")
    }

    func testArguments() {
        XCTAssertEqual(PrintRequest([])?.journals, [.order, .inventory, .notification])
        XCTAssertEqual(PrintRequest([])?.withBarriers, false)
        XCTAssertEqual(PrintRequest(["notification", "--all", "order"])?.journals, [.notification, .order])
        XCTAssertEqual(PrintRequest(["--all"])?.withBarriers, true)
        for word in ["analytics", "--barriers", ""] { XCTAssertNil(PrintRequest([word]), word) }
    }
}
