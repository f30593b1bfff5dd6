import Foundation
import StrictJSON
import XCTest

final class JSONTests: XCTestCase {
    // MARK: Reading

    func testTextThatIsNoObjectIsRefused() {
        for text in [
            "", " ", "{", "}", "[1,2]", "7", "null", "\"a\"", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{\"a\":}", "{a:1}",
            "{'a':1}", "{\"a\":1} x", "{\"a\":1}{}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":1.}",
            "{\"a\":1e}", "{\"a\":-}", "{\"a\":NaN}", "{\"a\":tru}", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12g4\"}", "{\"a\":\"", "{\"a\":[1,]}", "{\"a\":[1}", "{\"a\":0x10}", "// c\n{}", "\u{FEFF}{}",
        ] {
            XCTAssertThrowsError(try JSONObject(Array(text.utf8)), text)
        }
    }

    func testBytesThatAreNoUTF8AreRefused() {
        XCTAssertThrowsError(try JSONObject([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]))
        XCTAssertThrowsError(try JSONObject(Array("{\"a\":\"".utf8) + [0xC0, 0x80] + Array("\"}".utf8)))
        let utf16 = "{\"a\":1}".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        XCTAssertThrowsError(try JSONObject(utf16))
    }

    func testNestingIsBounded() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(("{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}").utf8)
        }
        XCTAssertNoThrow(try JSONObject(nested(127)))
        XCTAssertThrowsError(try JSONObject(nested(128)))
        XCTAssertThrowsError(try JSONObject(nested(30_000)))
    }

    /// What JSONSerialization makes of random mutations of a valid text, except where it is known to take too much.
    func testAgreesWithFoundationOnMutatedText() throws {
        var generator = SeededGenerator(state: 42)
        let seed = Array(#"{"item":"bür\u00e9\n","n":-1.5e+3,"t":[true,false,null,{"x":[]}],"q":0}"#.utf8)
        var compared = 0
        for _ in 0..<20_000 {
            var text = seed
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let at = Int.random(in: 0..<text.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: text.remove(at: at)
                case 1: text.insert(UInt8.random(in: 0x20...0x7E, using: &generator), at: at)
                default: text[at] = seed[Int.random(in: 0..<seed.count, using: &generator)]
                }
            }
            let mine = (try? JSONObject(text)) != nil
            let theirs = (try? JSONSerialization.jsonObject(with: Data(text))) is [String: Any]
            // Foundation refuses lone surrogates and takes trailing commas; both are ours on purpose.
            if mine != theirs {
                let string = String(decoding: text, as: UTF8.self)
                let isKnown = string.contains(/,\s*[}\]]/) || string.contains(/\\u[dD][89a-fA-F]/)
                XCTAssertTrue(isKnown, "ours \(mine), Foundation's \(theirs): \(string)")
            } else {
                compared += 1
            }
        }
        XCTAssertGreaterThan(compared, 15_000)
    }

    func testStringsAreUnescaped() throws {
        let json = try JSONObject(Array(#"{"\u0061":"\"\\\/\b\f\n\r\tA\u00e9\ud83c\udf54z","b":"\ud83c"}"#.utf8))
        XCTAssertEqual(try json.string("a"), "\"\\/\u{8}\u{C}\n\r\tAé🍔z")
        XCTAssertThrowsError(try json.string("b"), "a lone surrogate is no text")
    }

    func testFieldsThatAreNotThereOnceAreNamed() throws {
        let json = try JSONObject(Array(#"{"a":1,"b":2,"b":3}"#.utf8))
        XCTAssertThrowsError(try json.integer("c", in: 0...9)) { XCTAssertEqual(($0 as? InvalidField)?.field, "c") }
        XCTAssertThrowsError(try json.integer("b", in: 0...9)) { XCTAssertEqual(($0 as? InvalidField)?.field, "b") }
        XCTAssertTrue(json.has("b"))
        XCTAssertFalse(json.has("c"))
    }

    func testIntegersOfAnyNotation() throws {
        for (text, value) in [
            ("2", 2), ("2.0", 2), ("2.000000", 2), ("0.2e1", 2), ("20e-1", 2), ("1e3", 1000), ("1000.0", 1000),
            ("0.001E+6", 1000), ("0", 0), ("-0.0", 0), ("0e999999999999999999999", 0), ("100", 100), ("1.50e1", 15),
            ("-5", -5),
        ] {
            let json = try JSONObject(Array("{\"q\":\(text)}".utf8))
            XCTAssertEqual(try json.integer("q", in: -1000...1000), value, text)
        }
    }

    func testOtherNumbersAreNoIntegers() throws {
        for text in [
            "1.5", "1e-1", "1001", "1e4", "1e308", "-1e308", "1e309", "1e99999999999999999999",
            "1e-99999999999999999999",
            "99999999999999999999999999", "1.00000000000000000000000001", "9223372036854775808", "true", "null",
            "\"2\"",
            "[2]", "{}",
        ] {
            let json = try JSONObject(Array("{\"q\":\(text)}".utf8))
            XCTAssertThrowsError(try json.integer("q", in: -1000...1000), text)
        }
    }

    func testNumbersInRange() throws {
        let json = try JSONObject(Array(#"{"a":0.5,"b":1e308,"c":1e999,"d":-1}"#.utf8))
        XCTAssertEqual(try json.number("a", in: 0...60), 0.5)
        for name in ["b", "c", "d"] as [StaticString] { XCTAssertThrowsError(try json.number(name, in: 0...60)) }
    }

    // MARK: Writing

    func testTextIsStableAndEscaped() {
        let text = JSONWriter.object { json in
            json.field("b", "a\"\\\n\u{1}é")
            json.field("a", 12)
            json.field("half", 0.5)
            json.field("whole", 3.0)
            json.field("none", Double.infinity)
            json.field("yes", true)
            json.null("null")
            json.name("list")
            json.array { json in
                json.value(1)
                json.object { $0.field("x", "y") }
                json.array { _ in }
            }
        }
        XCTAssertEqual(
            String(decoding: text, as: UTF8.self),
            #"{"b":"a\"\\\u000a\u0001é","a":12,"half":0.5,"whole":3,"none":null,"yes":true,"null":null,"#
                + #""list":[1,{"x":"y"},[]]}"#)
    }
}

/// JSON that is taken out in pieces while it is written.
final class JSONPiecesTests: XCTestCase {
    func testAnArrayMayBeTakenInPieces() {
        var json = JSONWriter(capacity: 0)
        var pieces: [String] = []
        func take() { pieces.append(String(decoding: json.take(), as: UTF8.self)) }
        json.beginArray()
        json.value(1)
        json.value(2)
        take()
        json.space()
        take()
        take()
        json.object { $0.field("x", 3) }
        json.endArray()
        take()
        XCTAssertEqual(pieces, ["[1,2", " ", "", #",{"x":3}]"#])
    }
}

/// The same random numbers in each run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
