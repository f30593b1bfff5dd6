import XCTest

@testable import AMQPClient

final class ConfirmLedgerTests: XCTestCase {
    private var ledger = ConfirmLedger<String>()
    private var settled: [String] = []

    override func setUp() {
        ledger = ConfirmLedger()
        settled = []
    }

    private func publish(_ names: String...) {
        for name in names { ledger.publish(name, messageID: name) }
    }

    private func settle(_ tag: UInt64, multiple: Bool = false, isRefusal: Bool = false) {
        ledger.settle(tag, multiple: multiple, isRefusal: isRefusal) { settled.append("\($0) \($1)") }
    }

    func testTagsCountFromOne() {
        publish("a", "b")
        settle(2)
        XCTAssertEqual(settled, ["b confirmed"])
        XCTAssertEqual(ledger.count, 1)
    }

    func testMultipleSettlesAllUpToTheTagThatAreNotSettled() {
        publish("a", "b", "c", "d")
        settle(2)
        settle(3, multiple: true)
        XCTAssertEqual(settled, ["b confirmed", "a confirmed", "c confirmed"])
        XCTAssertEqual(ledger.count, 1)
    }

    func testMultipleWithTagZeroSettlesEverything() {
        publish("a", "b", "c")
        settle(0, multiple: true)
        XCTAssertEqual(settled.count, 3)
        XCTAssertEqual(ledger.count, 0)
    }

    func testConfirmAfterReturnCountsAsReturned() {
        publish("a", "b")
        ledger.returned(messageID: "b")
        settle(2, multiple: true)
        XCTAssertEqual(settled, ["a confirmed", "b returned"])
    }

    func testOfTwoCopiesTheOldestIsTheReturnedOne() {
        ledger.publish("first", messageID: "same")
        ledger.publish("second", messageID: "same")
        ledger.returned(messageID: "same")
        settle(2, multiple: true)
        XCTAssertEqual(settled, ["first returned", "second confirmed"])
    }

    func testRefusalIsNoConfirm() {
        publish("a", "b")
        settle(1, isRefusal: true)
        settle(2)
        XCTAssertEqual(settled, ["a refused", "b confirmed"])
    }

    func testTagsThatAreSettledOrUnknownChangeNothing() {
        publish("a")
        settle(1)
        settle(1)
        settle(1, multiple: true)
        settle(2)
        settle(99, multiple: true)
        settle(.max)
        XCTAssertEqual(settled, ["a confirmed"])
        XCTAssertEqual(ledger.count, 0)
    }

    func testWhatIsUnconfirmedWhenTheChannelGoesIsTakenOnce() {
        publish("a", "b", "c")
        settle(2)
        XCTAssertEqual(ledger.takeAll(), ["a", "c"])
        XCTAssertEqual(ledger.takeAll(), [])
        publish("d")
        settle(1)
        XCTAssertEqual(settled, ["b confirmed", "d confirmed"], "a new channel counts from 1 again")
    }

    func testEveryMessageIsSettledOnceInAnyOrderOfConfirms() {
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
            numbers.settle(single, multiple: false) { number, _ in XCTAssertTrue(seen.insert(number).inserted) }
            confirmed = UInt64.random(in: confirmed + 1...published, using: &random)
            numbers.settle(confirmed, multiple: true) { number, _ in XCTAssertTrue(seen.insert(number).inserted) }
            XCTAssertTrue((1...Int(confirmed)).suffix(60).allSatisfy(seen.contains))
        }
        XCTAssertEqual(seen.count + numbers.count, Int(published))
    }
}
