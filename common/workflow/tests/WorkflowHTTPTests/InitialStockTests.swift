import ServiceKit
import WorkflowHTTP
import XCTest

/// `STOCK`, as the contract has it.
final class InitialStockTests: XCTestCase {
    private func stock(_ text: String) throws -> [String: Int] { try Environment(["STOCK": text]).stock().counts }

    func testStockIs100OfEachItemUnlessItSaysOtherwise() throws {
        XCTAssertEqual(try Environment([:]).stock().counts, ["burger": 100, "pizza": 100, "salad": 100])
        XCTAssertEqual(try stock(""), ["burger": 100, "pizza": 100, "salad": 100])
    }

    func testOneNumberIsTheStockOfEachItem() throws {
        XCTAssertEqual(try stock("0"), ["burger": 0, "pizza": 0, "salad": 0])
        XCTAssertEqual(try stock("1000000000")["salad"], 1_000_000_000)
    }

    func testItemsAreNamedOneByOneAndTheOthersKeepTheirs() throws {
        XCTAssertEqual(try stock("burger=5,pizza=7"), ["burger": 5, "pizza": 7, "salad": 100])
        XCTAssertEqual(try stock(" burger = 0 "), ["burger": 0, "pizza": 100, "salad": 100])
        XCTAssertEqual(try stock("soup=3"), ["burger": 100, "pizza": 100, "salad": 100, "soup": 3])
        XCTAssertEqual(try stock(String(repeating: "🍲", count: 64) + "=1").count, 4)
    }

    func testAnswersNameTheMenuFirstAndThenTheOthersByName() throws {
        let stock = try Environment(["STOCK": "soup=3,apple=1,salad=0"]).stock()
        XCTAssertEqual(stock.items, ["burger", "pizza", "salad", "apple", "soup"])
    }

    func testAnyOtherStockIsRefused() {
        for text in [
            "-1", "1000000001", "1.5", "x", " ", ",", "=", "burger", "burger=", "=5", "burger=x", "burger=-1",
            "burger=1000000001", "burger=5,burger=6", "a\u{7}b=1", "burger=5,", ",burger=5", "burger=5;pizza=7",
            "burger=5=6", "100,burger=5",
            "burger=99999999999999999999", String(repeating: "x", count: 65) + "=1", "burger=5\npizza=7",
        ] {
            XCTAssertThrowsError(try stock(text), text) { error in
                XCTAssertEqual((error as? ConfigurationError)?.variable, "STOCK")
                let expected =
                    "STOCK must be a number from 0 to 1000000000 for each item, or item=number,item=number, not "
                XCTAssertTrue("\(error)".hasPrefix(expected), "\(error)")
                XCTAssertFalse("\(error)".contains(where: \.isNewline), "\(error)")
            }
        }
    }
}
