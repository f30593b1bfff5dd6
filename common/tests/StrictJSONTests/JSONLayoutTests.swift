import Foundation
import StrictJSON
import XCTest

/// JSON text for people.
final class JSONLayoutTests: XCTestCase {
    private func lines(_ text: String) -> String {
        String(decoding: JSONLayout.lines(of: Array(text.utf8)), as: UTF8.self)
    }

    func testWhatIsShortStandsInOneLine() {
        XCTAssertEqual(
            lines(#"{"a":1,"b":[true,null],"c":{"d":"x"}}"#), "{\"a\": 1, \"b\": [true, null], \"c\": {\"d\": \"x\"}}\n"
        )
        XCTAssertEqual(lines(#"{"a":"b,c:{\"d\"}"}"#), "{\"a\": \"b,c:{\\\"d\\\"}\"}\n")
        for text in ["{}", "[]", "7", #""x""#, "-1.5e3"] { XCTAssertEqual(lines(text), text + "\n") }
    }

    func testWhatIsLongHasALineForEachMember() {
        let long = String(repeating: "x", count: 110)
        XCTAssertEqual(
            lines(#"{"a":{"long":"\#(long)","b":[1,2]},"c":[],"d":-7}"#),
            """
            {
              "a": {
                "long": "\(long)",
                "b": [1, 2]
              },
              "c": [],
              "d": -7
            }

            """)
    }

    func testALineHas120CharactersAtMost() {
        // Two spaces, the name, the brackets, the quotation marks and the comma are 17 characters; an é is two bytes.
        for count in 95...110 {
            let laidOut = lines(#"{"a":{"b":"\#(String(repeating: "é", count: count))"},"c":[1]}"#)
            let isInOneLine = laidOut.contains(#""a": {"b""#)
            XCTAssertEqual(isInOneLine, count <= 103, "\(count)")
            if isInOneLine { XCTAssertLessThanOrEqual(laidOut.split(separator: "\n").map(\.count).max() ?? 0, 120) }
        }
    }

    func testNothingIsLostOrMoved() {
        let long = String(repeating: "y", count: 200)
        let text =
            #"[{"z":1,"a":[{"k":"\#(long)"},{},[],[[[]]],""],"m":null},2.5,"\\","\"",false,{"q":{"r":{"s":"\#(long)"}}}]"#
        let laidOut = lines(text)
        XCTAssertEqual(laidOut.filter { $0 != " " && $0 != "\n" }, text)
        XCTAssertNotNil(try? JSONSerialization.jsonObject(with: Data(laidOut.utf8)))
    }
}
