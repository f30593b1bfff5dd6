import Journal
import XCTest

/// What is written can be read again, and what nobody has written can do no harm.
final class BinaryCodingTests: XCTestCase {
    private func written(_ write: (inout BinaryWriter) -> Void) -> [UInt8] {
        var writer = BinaryWriter()
        write(&writer)
        XCTAssertEqual(writer.count, writer.bytes.count)
        return writer.bytes
    }

    private func reading<Value>(
        _ bytes: [UInt8], _ read: (inout BinaryReader) throws -> Value
    ) rethrows -> (value: Value, isAtEnd: Bool) {
        var reader = BinaryReader(bytes)
        let value = try read(&reader)
        return (value, reader.isAtEnd)
    }

    private func assertMalformed(
        _ bytes: [UInt8], line: UInt = #line, _ read: (inout BinaryReader) throws -> some Any
    ) {
        var reader = BinaryReader(bytes)
        XCTAssertThrowsError(try read(&reader), line: line) { error in
            guard case .malformed? = error as? JournalDamage else { return XCTFail("\(error)", line: line) }
        }
    }

    // MARK: Round trips

    func testEveryByteIsReadAsItWasWritten() throws {
        let bytes = written { writer in for byte in UInt8.min ... .max { writer.byte(byte) } }
        XCTAssertEqual(bytes, Array(UInt8.min ... .max))
        var reader = BinaryReader(bytes)
        for byte in UInt8.min ... .max {
            XCTAssertFalse(reader.isAtEnd)
            XCTAssertEqual(try reader.byte(), byte)
        }
        XCTAssertTrue(reader.isAtEnd)
    }

    func testAWordHasItsHighestByteFirst() throws {
        XCTAssertEqual(written { $0.word(0x0102_0304_0506_0708) }, [1, 2, 3, 4, 5, 6, 7, 8])
        for word in [0, 1, 0x8000_0000_0000_0000, UInt64.max - 1, .max] {
            let (value, isAtEnd) = try reading(written { $0.word(word) }) { try $0.word() }
            XCTAssertEqual(value, word)
            XCTAssertTrue(isAtEnd)
        }
    }

    func testANumberTakesSevenBitsAByte() throws {
        for (number, bytes) in [
            (0, [0]), (1, [1]), (127, [0x7F]), (128, [0x80, 1]), (300, [0xAC, 2]), (16_383, [0xFF, 0x7F]),
            (16_384, [0x80, 0x80, 1]), (UInt64.max, [UInt8](repeating: 0xFF, count: 9) + [1]),
        ] as [(UInt64, [UInt8])] {
            XCTAssertEqual(written { $0.number(number) }, bytes)
            let (value, isAtEnd) = try reading(bytes) { try $0.number() }
            XCTAssertEqual(value, number)
            XCTAssertTrue(isAtEnd)
        }
        for bit in UInt64(0)..<64 {
            for number in [UInt64(1) << bit, (UInt64(1) << bit) - 1] {
                XCTAssertEqual(try reading(written { $0.number(number) }) { try $0.number() }.value, number)
            }
        }
    }

    func testTimesAreReadToTheLastBit() throws {
        for time in [0, -0.0, 1_753_000_000.123456, .leastNonzeroMagnitude, -.greatestFiniteMagnitude] as [Double] {
            let (value, isAtEnd) = try reading(written { $0.time(time) }) { try $0.time() }
            XCTAssertEqual(value.bitPattern, time.bitPattern)
            XCTAssertTrue(isAtEnd)
        }
    }

    func testTextsAreReadAsTheyWereWritten() throws {
        for text in [
            "", "burger", "\0", "ä", "e\u{301}", "\u{10FFFF}", String(repeating: "\u{1F354}", count: 64),
            String(repeating: "x", count: 70_000),
        ] {
            let (value, isAtEnd) = try reading(written { $0.text(text) }) { try $0.text() }
            XCTAssertEqual(Array(value.utf8), Array(text.utf8))
            XCTAssertTrue(isAtEnd)
        }
    }

    func testTheRestIsAllThatWasNotRead() throws {
        var reader = BinaryReader(
            written { writer in
                writer.byte(1)
                writer.raw([2, 3, 4])
            })
        XCTAssertEqual(try reader.byte(), 1)
        XCTAssertEqual(reader.rest(), [2, 3, 4])
        XCTAssertTrue(reader.isAtEnd)
        XCTAssertEqual(reader.rest(), [])
        XCTAssertEqual(BinaryReader([]).isAtEnd, true)
    }

    func testValuesOfAllKindsStandOneBehindTheOther() throws {
        var random = SeededGenerator(2)
        for _ in 0..<500 {
            let kinds = (0..<20).map { _ in Int.random(in: 0..<5, using: &random) }
            let numbers = kinds.map { _ in random.next() >> UInt64.random(in: 0..<64, using: &random) }
            let bytes = written { writer in
                for (kind, number) in zip(kinds, numbers) {
                    switch kind {
                    case 0: writer.byte(UInt8(truncatingIfNeeded: number))
                    case 1: writer.word(number)
                    case 2: writer.number(number)
                    case 3: writer.time(Double(number))
                    default: writer.text("\(number)")
                    }
                }
            }
            var reader = BinaryReader(bytes)
            for (kind, number) in zip(kinds, numbers) {
                switch kind {
                case 0: XCTAssertEqual(try reader.byte(), UInt8(truncatingIfNeeded: number))
                case 1: XCTAssertEqual(try reader.word(), number)
                case 2: XCTAssertEqual(try reader.number(), number)
                case 3: XCTAssertEqual(try reader.time(), Double(number))
                default: XCTAssertEqual(try reader.text(), "\(number)")
                }
            }
            XCTAssertTrue(reader.isAtEnd)
        }
    }

    // MARK: Bounds

    func testWhatIsNotThereCannotBeRead() {
        assertMalformed([]) { try $0.byte() }
        assertMalformed([]) { try $0.number() }
        assertMalformed([]) { try $0.text() }
        for count in 0..<8 {
            assertMalformed([UInt8](repeating: 1, count: count)) { try $0.word() }
            assertMalformed([UInt8](repeating: 1, count: count)) { try $0.time() }
        }
        for count in 0..<10 { assertMalformed([UInt8](repeating: 0x80, count: count)) { try $0.number() } }
    }

    func testANumberHas64Bits() {
        let nine = [UInt8](repeating: 0xFF, count: 9)
        for last in 2...255 as ClosedRange<UInt8> { assertMalformed(nine + [last]) { try $0.number() } }
        assertMalformed([UInt8](repeating: 0x80, count: 10) + [0]) { try $0.number() }
        assertMalformed([UInt8](repeating: 0x80, count: 9) + [0x81, 0]) { try $0.number() }
    }

    func testANumberLiesInItsRange() throws {
        for number in [1, 500, 1000] as [UInt64] {
            XCTAssertEqual(
                try reading(written { $0.number(number) }) { try $0.number(in: 1...1000) }.value, Int(number))
        }
        for number in [0, 1001, UInt64(Int.max), UInt64(Int.max) + 1, .max] {
            assertMalformed(written { $0.number(number) }) { try $0.number(in: 1...1000) }
        }
        let greatest = written { $0.number(UInt64(Int.max)) }
        XCTAssertEqual(try reading(greatest) { try $0.number(in: 0...Int.max) }.value, .max)
    }

    func testATimeIsANumber() {
        for time in [Double.nan, .signalingNaN, .infinity, -.infinity] {
            assertMalformed(written { $0.time(time) }) { try $0.time() }
        }
    }

    func testATextIsNotLongerThanWhatIsThere() {
        for length in [4, 5, 127, 128, UInt64(Int.max), UInt64(Int.max) + 1, .max] {
            let bytes = written { writer in
                writer.number(length)
                writer.raw([97, 98, 99])
            }
            assertMalformed(bytes) { try $0.text() }
        }
    }

    func testATextIsUTF8() {
        for bytes in [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80]] as [[UInt8]] {
            let written = written { writer in
                writer.number(UInt64(bytes.count))
                writer.raw(bytes)
            }
            assertMalformed(written) { try $0.text() }
        }
    }

    func testATextThatIsCutShortIsNotRead() {
        let bytes = written { $0.text(String(repeating: "\u{1F354}", count: 64)) }
        for count in 0..<bytes.count { assertMalformed(Array(bytes[..<count])) { try $0.text() } }
    }

    // MARK: Anything

    /// Whatever stands in a stream, reading it ends, and never reads what is not there.
    func testRandomBytesNeverTrap() {
        var random = SeededGenerator(3)
        var successes = 0
        for _ in 0..<100_000 {
            let bytes = random.bytes(Int.random(in: 0...40, using: &random))
            var reader = BinaryReader(bytes)
            do throws(JournalDamage) {
                for _ in 0..<10 {
                    switch random.next() % 7 {
                    case 0: _ = try reader.byte()
                    case 1: _ = try reader.word()
                    case 2: _ = try reader.number()
                    case 3: _ = try reader.number(in: 0...Int(truncatingIfNeeded: random.next() >> 1))
                    case 4: _ = try reader.time()
                    case 5: _ = try reader.text()
                    default: if random.next() % 8 == 0 { XCTAssertLessThanOrEqual(reader.rest().count, bytes.count) }
                    }
                    successes += 1
                }
            } catch {
                guard case .malformed = error else { return XCTFail("\(error)") }
            }
        }
        XCTAssertGreaterThan(successes, 100_000, "not all was refused at once")
    }
}
