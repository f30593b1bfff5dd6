import CampusModel
import XCTest

final class MessageIDTests: XCTestCase {
    func testUUIDsCompareWhateverTheirCaseAndOtherTextsAsTheyAre() throws {
        let id = OrderID.random().description
        XCTAssertEqual(MessageID(id), MessageID(id.uppercased()))
        XCTAssertNotEqual(MessageID("a"), MessageID("A"))
        XCTAssertNil(MessageID(""))
        XCTAssertEqual(MessageID(id.uppercased())?.description, id)
    }
}
