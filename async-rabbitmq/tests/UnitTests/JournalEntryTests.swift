import CampusModel
import Journal
import OrderMessages
import XCTest

/// The entries of the three journals.
final class JournalEntryTests: XCTestCase {
    /// The longest name that an item can have: 64 Unicode scalars of four bytes.
    private static let longItem = String(repeating: "\u{1F354}", count: 64)
    private static let items = ["x", "burger", "crème brûlée", longItem]
    private static let ids = [
        OrderID(high: 0, low: 0), OrderID(high: .max, low: .max), OrderID(high: 0x0102_0304_0506_0708, low: 9),
        .random(),
    ]
    private static let times = [0, 1_753_000_000.123456, Order.timestamps.upperBound]

    private func bytes(_ write: (inout BinaryWriter) -> Void) -> [UInt8] {
        var writer = BinaryWriter()
        write(&writer)
        return writer.bytes
    }

    /// Each entry is read as it was written, also behind another one, and not if it is cut short.
    private func assertRoundTrips<Entry: Equatable>(
        _ entries: [Entry], _ write: (Entry, inout BinaryWriter) -> Void,
        _ read: (inout BinaryReader) throws -> Entry, line: UInt = #line
    ) throws {
        var reader = BinaryReader(bytes { writer in for entry in entries { write(entry, &writer) } })
        for entry in entries { XCTAssertEqual(try read(&reader), entry, line: line) }
        XCTAssertTrue(reader.isAtEnd, line: line)
        for entry in entries.prefix(50) {
            let bytes = bytes { write(entry, &$0) }
            for count in 0..<bytes.count {
                var reader = BinaryReader(Array(bytes[..<count]))
                XCTAssertThrowsError(try read(&reader), "\(count) bytes of \(entry)", line: line) { error in
                    guard case .malformed? = error as? JournalDamage else { return XCTFail("\(error)", line: line) }
                }
            }
        }
    }

    /// Random bytes, and entries in which a few bytes were changed, are read or refused.
    private func assertNothingTraps(
        _ seed: UInt64, _ entries: [[UInt8]], _ read: (inout BinaryReader) throws -> Void, line: UInt = #line
    ) {
        var random = SeededGenerator(seed)
        var successes = 0
        for number in 0..<100_000 {
            var bytes = random.bytes(Int.random(in: 0...60, using: &random))
            if number % 2 == 0, let entry = entries.randomElement(using: &random) {
                bytes = entry
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            } else if !bytes.isEmpty {
                bytes[0] %= 8
            }
            var reader = BinaryReader(bytes)
            do {
                try read(&reader)
                successes += 1
            } catch {
                guard case .malformed? = error as? JournalDamage else { return XCTFail("\(error)", line: line) }
            }
        }
        XCTAssertGreaterThan(successes, 1000, line: line)
        XCTAssertLessThan(successes, 99_000, line: line)
    }

    // MARK: Orders

    private func orderEntries() -> [OrderEntry] {
        var entries: [OrderEntry] = []
        for (index, item) in JournalEntryTests.items.enumerated() {
            let (id, time) = (JournalEntryTests.ids[index], JournalEntryTests.times[index % 3])
            for quantity in [1, 127, 128, 1000] {
                for status in OrderStatus.allCases {
                    let order = Order(id: id, item: item, quantity: quantity, status: status, timestamp: time)
                    for key in [nil, "k", String(repeating: "ä", count: 127)] {
                        for requestID in [nil, "r"] { entries.append(.placed(order, key: key, requestID: requestID)) }
                        entries.append(.outcome(order, key: key))
                    }
                    entries.append(.known(order))
                }
                entries.append(.key("key", id, item: item, quantity: quantity))
            }
            entries.append(.givenUp(id))
        }
        for record in [0, 127, 128, UInt64.max] { entries.append(.sent(upTo: record)) }
        return entries
    }

    func testEntriesOfOrdersAreReadAsTheyWereWritten() throws {
        let entries = orderEntries()
        try assertRoundTrips(entries, { $0.write(to: &$1) }, { try OrderEntry(from: &$0) })
    }

    func testAnEmptyKeyIsNone() throws {
        let order = Order(item: "x", quantity: 1)
        for (entry, expected) in [
            (OrderEntry.placed(order, key: "", requestID: ""), OrderEntry.placed(order, key: nil, requestID: nil)),
            (.outcome(order, key: ""), .outcome(order, key: nil)),
        ] {
            var reader = BinaryReader(bytes { entry.write(to: &$0) })
            XCTAssertEqual(try OrderEntry(from: &reader), expected)
        }
    }

    /// Part of what is stored: a later version must still read it.
    func testTheLayoutOfAnOrderIsTheOneThatIsDescribed() {
        let id = OrderID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
        let idBytes = [UInt8](1...16)
        let time: [UInt8] = [0x3F, 0xF8, 0, 0, 0, 0, 0, 0]
        for (status, code) in [
            (.placed, 0), (.reserved, 1), (.failed, 2), (.notified, 3), (.timeout, 4),
        ] as [(OrderStatus, UInt8)] {
            let order = Order(id: id, item: "ab", quantity: 300, status: status, timestamp: 1.5)
            let orderBytes = idBytes + [2, 97, 98, 0xAC, 2, code] + time
            for (entry, expected) in [
                (.placed(order, key: "k", requestID: nil), [1] + orderBytes + [1, 107, 0]),
                (.outcome(order, key: nil), [2] + orderBytes + [0]), (.givenUp(id), [3] + idBytes),
                (.sent(upTo: 300), [4, 0xAC, 2]), (.known(order), [5] + orderBytes),
                (.key("k", id, item: "ab", quantity: 5), [6, 1, 107] + idBytes + [2, 97, 98, 5]),
            ] as [(OrderEntry, [UInt8])] {
                XCTAssertEqual(bytes { entry.write(to: &$0) }, expected)
            }
        }
    }

    func testWhatCannotBeInAnOrderIsNotRead() {
        let good = bytes { OrderEntry.known(Order(item: "ab", quantity: 5)).write(to: &$0) }
        var reader = BinaryReader(good)
        XCTAssertNoThrow(try OrderEntry(from: &reader))
        for (index, byte, what) in [
            (0, 0, "kind"), (0, 7, "kind"), (0, 255, "kind"), (18, 10, "item"), (18, 0x7F, "item"), (18, 0xFF, "item"),
            (20, 0, "quantity"), (21, 5, "status"), (22, 0x7F, "time"),
        ] as [(Int, UInt8, String)] {
            var bytes = good
            bytes[index] = byte
            if what == "time" { bytes[23] = 0xF0 }
            var reader = BinaryReader(bytes)
            XCTAssertThrowsError(try OrderEntry(from: &reader), what)
        }
        for (item, quantity) in [
            ("", 1), (String(repeating: "x", count: 65), 1), (JournalEntryTests.longItem + "x", 1), ("x", 1001),
        ] {
            let bytes = bytes { OrderEntry.known(Order(item: item, quantity: quantity)).write(to: &$0) }
            var reader = BinaryReader(bytes)
            XCTAssertThrowsError(try OrderEntry(from: &reader), "\(quantity) \(item)")
        }
    }

    func testRandomBytesAreNoTrapForOrders() {
        let entries = orderEntries().map { entry in bytes { entry.write(to: &$0) } }
        assertNothingTraps(11, entries) { _ = try OrderEntry(from: &$0) }
    }

    // MARK: Inventory

    private func inventoryEntries() -> [InventoryEntry] {
        var entries: [InventoryEntry] = []
        for (index, item) in JournalEntryTests.items.enumerated() {
            let (id, time) = (JournalEntryTests.ids[index], JournalEntryTests.times[index % 3])
            for quantity in [1, 128, 1000] {
                for reason in [nil, "insufficient_stock", "unknown_item"] {
                    let causes: [MessageID] = [.uuid(id), .text("m"), .text(String(repeating: "\u{1F354}", count: 63))]
                    for cause in causes {
                        entries.append(
                            InventoryEntry(
                                id: id, item: item, quantity: quantity, timestamp: time, reason: reason, cause: cause))
                    }
                }
            }
        }
        return entries
    }

    func testDecisionsAreReadAsTheyWereWritten() throws {
        try assertRoundTrips(inventoryEntries(), { $0.write(to: &$1) }, { try InventoryEntry(from: &$0) })
    }

    func testTheLayoutOfADecisionIsTheOneThatIsDescribed() {
        let id = OrderID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
        let idBytes = [UInt8](1...16)
        let rest: [UInt8] = idBytes + [2, 97, 98, 0xAC, 2, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]
        for (cause, reason, expected) in [
            (.uuid(OrderID(high: 0, low: 1)), nil, [1] + [UInt8](repeating: 0, count: 15) + [1] + rest + [0]),
            (.text("m"), "no", [2, 1, 109] + rest + [2, 110, 111]),
        ] as [(MessageID, String?, [UInt8])] {
            let entry = InventoryEntry(
                id: id, item: "ab", quantity: 300, timestamp: 1.5, reason: reason, cause: cause)
            XCTAssertEqual(bytes { entry.write(to: &$0) }, expected)
        }
    }

    func testTotalsAreReadAsTheyWereWritten() throws {
        let totals = [
            ReservedTotals([:]), ReservedTotals(["burger": 0]),
            ReservedTotals(["burger": 5, JournalEntryTests.longItem: 1_000_000_000_000, "a": .max]),
        ]
        try assertRoundTrips(totals, { $0.write(to: &$1) }, { try ReservedTotals(from: &$0) })
    }

    func testTotalsThatCannotBeAreNotRead() {
        for (count, item, number) in [(2, "a", 1), (.max, "a", 1), (1, "", 1), (1, "a", 1 << 63), (1, "a\n", 1)]
            as [(UInt64, String, UInt64)]
        {
            let bytes = bytes { writer in
                writer.number(count)
                writer.text(item)
                writer.number(number)
            }
            var reader = BinaryReader(bytes)
            XCTAssertThrowsError(try ReservedTotals(from: &reader), "\(count) \(item) \(number)")
        }
    }

    func testRandomBytesAreNoTrapForDecisions() {
        let entries = inventoryEntries().map { entry in bytes { entry.write(to: &$0) } }
        assertNothingTraps(12, entries) { _ = try InventoryEntry(from: &$0) }
        let totals = ReservedTotals(["burger": 300, "pizza": 5, JournalEntryTests.longItem: 1])
        assertNothingTraps(13, [bytes { totals.write(to: &$0) }]) { _ = try ReservedTotals(from: &$0) }
    }

    // MARK: Notifications

    private func notificationEntries() -> [NotificationEntry] {
        JournalEntryTests.items.enumerated().map { index, item in
            NotificationEntry(
                id: JournalEntryTests.ids[index], item: item, timestamp: JournalEntryTests.times[index % 3])
        }
    }

    func testNotificationsAreReadAsTheyWereWritten() throws {
        try assertRoundTrips(notificationEntries(), { $0.write(to: &$1) }, { try NotificationEntry(from: &$0) })
    }

    func testTheLayoutOfANotificationIsTheOneThatIsDescribed() {
        let id = OrderID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
        let entry = NotificationEntry(id: id, item: "ab", timestamp: 1.5)
        XCTAssertEqual(
            bytes { entry.write(to: &$0) }, [1] + [UInt8](1...16) + [2, 97, 98, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0])
        for kind in [0, 2, 255] as [UInt8] {
            var bytes = bytes { entry.write(to: &$0) }
            bytes[0] = kind
            var reader = BinaryReader(bytes)
            XCTAssertThrowsError(try NotificationEntry(from: &reader))
        }
    }

    func testRandomBytesAreNoTrapForNotifications() {
        let entries = notificationEntries().map { entry in bytes { entry.write(to: &$0) } }
        assertNothingTraps(14, entries) { _ = try NotificationEntry(from: &$0) }
    }
}
