import XCTest

@testable import LabTesting

final class JSONGrammarTests: XCTestCase {
    private func problem(_ text: String) -> String? { JSONGrammar.problem(of: Array(text.utf8)) }

    func testWhatKeepsToTheGrammarIsTaken() {
        for text in [
            "null", " true\n", "false", "0", "-0", "-1.5e+10", "1E2", "\"\"", #""\"\\\/\b\f\n\r\té😀""#,
            "[]", "[ ]", "[1, [2]]", "{}", #"{ "a" : 1 , "b" : {"a": 2} }"#, #"[{"a":1},{"a":1}]"#,
        ] {
            XCTAssertNil(problem(text), text)
        }
    }

    func testWhatDoesNotIsRefused() {
        for text in [
            "", " ", "nul", "True", "01", "+1", "1.", ".5", "1e", "--1", "\"", "\"\u{1}\"", #""\x""#, #""\u12""#,
            #""\u+123""#,
            #""\ud83d""#, #""\ude00\ud83d""#, #""\ud83dA""#, "[", "[1", "[1,]", "[,1]", "[1 2]", "{", #"{"a"}"#,
            #"{"a":}"#,
            #"{"a":1,}"#, "{a:1}", "1 2", "[]]", "\u{FEFF}1", "NaN", "/* */1",
        ] {
            XCTAssertNotNil(problem(text), text)
        }
    }

    func testANameThatStandsTwiceIsRefusedInWhateverSpelling() {
        XCTAssertEqual(problem(#"{"a":1,"a":1}"#), "a name stands twice in one object: a at byte 10")
        XCTAssertNotNil(problem(#"[{"b":{"a":1,"\u0061":2}}]"#))
    }

    func testBytesThatAreNoUTF8AreRefused() {
        for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            XCTAssertEqual(JSONGrammar.problem(of: bytes), "this is not UTF-8")
        }
    }

    func testDepthIsBounded() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        XCTAssertNil(problem(nested(400)))
        XCTAssertNotNil(problem(nested(100_000)))
        XCTAssertFalse(JSONGrammar.isNestedDeeply(Array(nested(30).utf8)))
        XCTAssertTrue(JSONGrammar.isNestedDeeply(Array(nested(31).utf8)))
    }

    /// Foundation reads it, and makes of it what the text does not say.
    func testAValueIsReadOnlyIfTheTextIsStrictJSON() {
        XCTAssertNil(JSONGrammar.value(of: Array("[1,]".utf8)))
        XCTAssertNil(JSONGrammar.value(of: Array("[1e400]".utf8)), "Foundation cannot hold it")
        XCTAssertEqual(JSONGrammar.value(of: Array("[1]".utf8)) as? [Int], [1])
    }
}
