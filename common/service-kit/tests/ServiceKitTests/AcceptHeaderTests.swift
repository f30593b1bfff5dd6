import ServiceKit
import XCTest

final class AcceptHeaderTests: XCTestCase {
    /// The qualities of text and of JSON.
    private func qualities(_ text: String?) -> [Double] {
        let header = AcceptHeader(text)
        return [header.quality(of: "text/plain"), header.quality(of: "application/json")]
    }

    func testWithoutAHeaderAnythingIsWelcome() { XCTAssertEqual(qualities(nil), [1, 1]) }

    func testATypeIsWelcomeAsTheMostSpecificRangeSays() {
        XCTAssertEqual(qualities("text/plain"), [1, 0])
        XCTAssertEqual(qualities("text/*"), [1, 0])
        XCTAssertEqual(qualities("*/*;q=0.3, text/*;q=0.5"), [0.5, 0.3])
        XCTAssertEqual(qualities("text/*;q=0.5, */*, text/plain;q=0.2"), [0.2, 1])
        XCTAssertEqual(qualities("text/plain;q=0, application/json"), [0, 1])
        XCTAssertEqual(qualities("text/html, image/png"), [0, 0])
    }

    func testParametersSpacesAndCaseChangeNothing() {
        XCTAssertEqual(qualities("TEXT/Plain ;version=0.0.4 ; Q=0.5 ,application/json\t;q=0.25"), [0.5, 0.25])
    }

    func testWhatMakesNoSenseIsNoTrap() {
        XCTAssertEqual(qualities(""), [0, 0])
        XCTAssertEqual(qualities(",;q=1,;,/ ,text/plain;q=x"), [1, 0])
    }
}
