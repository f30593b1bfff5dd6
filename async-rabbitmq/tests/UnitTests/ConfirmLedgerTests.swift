import XCTest

@testable import AMQPClient

final class ConfirmLedgerTests: XCTestCase {
    private var ledger = ConfirmLedger<String>()
    private var answered: [String] = []

    override func setUp() {
        ledger = ConfirmLedger()
        answered = []
    }

    private func publish(_ names: String...) {
        for name in names { ledger.publish(name, messageID: name) }
    }

    private func confirm(_ tag: UInt64, multiple: Bool = false, isRefusal: Bool = false) {
        ledger.confirm(tag, multiple: multiple, isRefusal: isRefusal) { answered.append("\($0) \($1)") }
    }

    func testTagsCountFromOne() {
        publish("a", "b")
        confirm(2)
        XCTAssertEqual(answered, ["b confirmed"])
        XCTAssertEqual(ledger.count, 1)
    }

    func testMultipleStandsForAllUpToTheTagThatAreUnconfirmed() {
        publish("a", "b", "c", "d")
        confirm(2)
        confirm(3, multiple: true)
        XCTAssertEqual(answered, ["b confirmed", "a confirmed", "c confirmed"])
        XCTAssertEqual(ledger.count, 1)
    }

    func testMultipleWithTagZeroStandsForEverything() {
        publish("a", "b", "c")
        confirm(0, multiple: true)
        XCTAssertEqual(answered.count, 3)
        XCTAssertEqual(ledger.count, 0)
    }

    func testConfirmAfterReturnCountsAsReturned() {
        publish("a", "b")
        ledger.returned(messageID: "b")
        confirm(2, multiple: true)
        XCTAssertEqual(answered, ["a confirmed", "b returned"])
    }

    func testOfTwoCopiesTheOldestIsTheReturnedOne() {
        ledger.publish("first", messageID: "same")
        ledger.publish("second", messageID: "same")
        ledger.returned(messageID: "same")
        confirm(2, multiple: true)
        XCTAssertEqual(answered, ["first returned", "second confirmed"])
    }

    func testRefusalIsNoConfirm() {
        publish("a", "b")
        confirm(1, isRefusal: true)
        confirm(2)
        XCTAssertEqual(answered, ["a refused", "b confirmed"])
    }

    func testTagsThatWereAnsweredOrAreUnknownChangeNothing() {
        publish("a")
        confirm(1)
        confirm(1)
        confirm(1, multiple: true)
        confirm(2)
        confirm(99, multiple: true)
        confirm(.max)
        XCTAssertEqual(answered, ["a confirmed"])
        XCTAssertEqual(ledger.count, 0)
    }

    func testWhatIsUnconfirmedWhenTheChannelGoesIsTakenOnce() {
        publish("a", "b", "c")
        confirm(2)
        XCTAssertEqual(ledger.takeAll(), ["a", "c"])
        XCTAssertEqual(ledger.takeAll(), [])
        publish("d")
        confirm(1)
        XCTAssertEqual(answered, ["b confirmed", "d confirmed"], "a new channel counts from 1 again")
    }

    func testEveryMessageIsAnsweredOnceInAnyOrderOfConfirms() {
        var numbers = ConfirmLedger<Int>()
        var seen = Set<Int>()
        var (published, confirmed): (UInt64, UInt64) = (0, 0)
        var random = SystemRandomNumberGenerator()
        while confirmed < 10_000 {
            for _ in 0..<Int.random(in: 1...50, using: &random) {
                published += 1
                numbers.publish(Int(published), messageID: nil)
            }
            let single = UInt64.random(in: confirmed + 1...published, using: &random)
            numbers.confirm(single, multiple: false) { number, _ in XCTAssertTrue(seen.insert(number).inserted) }
            confirmed = UInt64.random(in: confirmed + 1...published, using: &random)
            numbers.confirm(confirmed, multiple: true) { number, _ in XCTAssertTrue(seen.insert(number).inserted) }
            XCTAssertTrue((1...Int(confirmed)).suffix(60).allSatisfy(seen.contains))
        }
        XCTAssertEqual(seen.count + numbers.count, Int(published))
    }
}
