import Journal
import XCTest

final class JournalRecordTests: XCTestCase {
    private let identity = JournalIdentity(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
    private let contents: [JournalRecord.Content] = [
        .founded(isAfterLoss: false, time: 1.5), .founded(isAfterLoss: true, time: 1_753_000_000.25), .entries([]),
        .entries([1, 2, 3]), .snapshotBegin([]), .snapshotBegin([4]), .snapshotPiece(begin: 7, []),
        .snapshotPiece(begin: .max, [5, 6]), .snapshotEnd(begin: 7, pieces: 0),
        .snapshotEnd(begin: 0x8000_0000_0000_0000, pieces: .max), .barrier,
    ]

    private func record(_ content: JournalRecord.Content, epoch: UInt32 = 1, number: UInt64 = 2) -> JournalRecord {
        JournalRecord(identity, epoch: epoch, number: number, content)
    }

    func testEachKindIsReadAsItWasWritten() throws {
        for content in contents {
            for (epoch, number) in [(0, 0), (1, 2), (0x0102_0304, 0x0102_0304_0506_0708), (.max, .max)]
                as [(UInt32, UInt64)]
            {
                let record = record(content, epoch: epoch, number: number)
                XCTAssertEqual(try JournalRecord.read(record.body), record)
            }
        }
    }

    /// Part of what is stored: a later version must still read it.
    func testTheLayoutIsTheOneThatIsDescribed() {
        let header: [UInt8] = [0x43, 0x4A, 1]
        let rest: [UInt8] =
            Array(1...16) + [0x11, 0x12, 0x13, 0x14] + [0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28]
        let begin: [UInt8] = [0, 0, 0, 0, 0, 0, 1, 2]
        for (content, kind, tail) in [
            (.founded(isAfterLoss: true, time: 1), 0, [1, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0]),
            (.founded(isAfterLoss: false, time: 0), 0, [UInt8](repeating: 0, count: 9)),
            (.entries([9, 8]), 1, [9, 8]),
            (.snapshotBegin([7]), 2, [7]), (.snapshotPiece(begin: 0x102, [6]), 3, begin + [6]),
            (.snapshotEnd(begin: 0x102, pieces: 5), 4, begin + [0, 0, 0, 0, 0, 0, 0, 5]), (.barrier, 5, []),
        ] as [(JournalRecord.Content, UInt8, [UInt8])] {
            let record = record(content, epoch: 0x1112_1314, number: 0x2122_2324_2526_2728)
            XCTAssertEqual(record.body, header + [kind] + rest + tail)
            XCTAssertEqual(record.body.count, JournalRecord.headerLength + tail.count)
        }
    }

    func testForeignBodiesAreNoRecords() throws {
        for body in [
            [], [0x43], [0x43, 0x4A], Array("{\"type\":\"OrderPlaced\"}".utf8), [0x43, 0x4B, 1, 1], [0x42, 0x4A, 1, 1],
            [UInt8](repeating: 0, count: 100),
        ] {
            XCTAssertNil(try JournalRecord.read(body))
        }
    }

    func testAnUnknownVersionIsNotRead() {
        for version in [0, 2, 255] as [UInt8] {
            var body = record(.entries([1])).body
            body[2] = version
            XCTAssertThrowsError(try JournalRecord.read(body)) {
                XCTAssertEqual($0 as? JournalDamage, .unknownVersion(version))
            }
            XCTAssertThrowsError(try JournalRecord.read(Array(body[..<3])), "whatever a later version has behind it")
        }
    }

    func testAnUnknownKindIsNotRead() {
        for kind in [6, 7, 255] as [UInt8] {
            var body = record(.entries([1])).body
            body[3] = kind
            assertMalformed(body)
        }
    }

    func testARecordThatIsCutShortIsNotRead() {
        for content in contents {
            let body = record(content).body
            let fixed =
                switch content {
                case .founded: 9
                case .snapshotPiece: 8
                case .snapshotEnd: 16
                default: 0
                }
            for count in 3..<JournalRecord.headerLength + fixed { assertMalformed(Array(body[..<count])) }
        }
    }

    func testATimeThatIsNoNumberIsNotRead() { assertMalformed(record(.founded(isAfterLoss: false, time: .nan)).body) }

    private func assertMalformed(_ body: [UInt8], line: UInt = #line) {
        XCTAssertThrowsError(try JournalRecord.read(body), line: line) { error in
            guard case .malformed? = error as? JournalDamage else { return XCTFail("\(error)", line: line) }
        }
    }

    func testRandomBodiesNeverTrap() {
        var random = SeededGenerator(4)
        var count = 0
        for number in 0..<100_000 {
            var body = random.bytes(Int.random(in: 0...60, using: &random))
            // Half of them begin as records do.
            if number % 2 == 0 { body = [0x43, 0x4A, 1, UInt8.random(in: 0...7, using: &random)] + body }
            do throws(JournalDamage) {
                guard let record = try JournalRecord.read(body) else { continue }
                count += 1
                XCTAssertTrue(body.starts(with: record.body.prefix(JournalRecord.headerLength)))
            } catch {}
        }
        XCTAssertGreaterThan(count, 5000)
    }

    // MARK: Identities

    func testAnIdentityIsReadFromItsText() {
        XCTAssertEqual(identity.description, "0102030405060708090a0b0c0d0e0f10")
        XCTAssertEqual(JournalIdentity(high: 0, low: 1).description, String(repeating: "0", count: 31) + "1")
        for identity in [identity, JournalIdentity(high: 0, low: 0), JournalIdentity(high: .max, low: .max), .random()]
        {
            XCTAssertEqual(JournalIdentity(identity.description), identity)
        }
        XCTAssertNotEqual(JournalIdentity.random(), .random())
    }

    func testOtherTextsAreNoIdentities() {
        let zeros = String(repeating: "0", count: 31)
        for text in [
            "", "0", zeros, zeros + "00", zeros + "g", "+" + zeros, "-" + zeros, zeros + " ", "ä" + zeros.dropLast(),
        ] {
            XCTAssertNil(JournalIdentity(text), text)
        }
        XCTAssertNil(JournalIdentity(String(repeating: "0", count: 16) + "+" + String(repeating: "0", count: 15)))
        XCTAssertNil(JournalIdentity(String(repeating: "0", count: 16) + "-" + String(repeating: "0", count: 15)))
    }

    // MARK: What is wrong

    func testEachDamageIsSaidInAWayOfItsOwn() {
        let damages: [JournalDamage] = [
            .gone, .foreign, .shorter(isUpTo: 3, was: 5), .withoutBeginning, .gap(after: 3, before: 5), .twice(4),
            .unknownVersion(2), .malformed("why"),
        ]
        XCTAssertEqual(Set(damages.map(\.description)).count, damages.count)
        XCTAssertEqual(JournalDamage.shorter(isUpTo: 3, was: 5).description, "ends with record 3, but had 5 already")
        XCTAssertEqual(JournalDamage.gap(after: 3, before: 5).description, "has no records between 3 and 5")
    }
}
