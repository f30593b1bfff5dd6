import ServiceKit
import XCTest

final class MessageFaultsTests: XCTestCase {
    private let second: EventLoop.Nanoseconds = 1_000_000_000
    private var messageFaults = MessageFaults()

    override func setUp() { messageFaults = MessageFaults() }

    private func pass(_ now: EventLoop.Nanoseconds, delay: Double = 0, fails: Bool = false) -> MessageFaults.Decision {
        messageFaults.decide(at: now, delaySeconds: delay, fails: fails)
    }

    func testWithoutFaultsEveryMessagePasses() {
        for now in [0, 1, 1] as [EventLoop.Nanoseconds] { XCTAssertEqual(pass(now), .proceed) }
    }

    func testEachMessageHasItsOwnDelay() {
        XCTAssertEqual(pass(0, delay: 2), .hold(until: 2 * second))
        XCTAssertEqual(pass(second, delay: 2), .hold(until: 2 * second))
        XCTAssertEqual(pass(2 * second, delay: 2), .proceed)
        XCTAssertEqual(pass(2 * second, delay: 2), .hold(until: 4 * second))
    }

    func testADelayThatIsShortenedHoldsNoLonger() {
        XCTAssertEqual(pass(0, delay: 60), .hold(until: 60 * second))
        XCTAssertEqual(pass(second, delay: 0), .proceed)
    }

    func testAMessageThatFailsIsTriedAgainAfterASecond() {
        XCTAssertEqual(pass(0, fails: true), .hold(until: second))
        XCTAssertEqual(pass(second - 1, fails: true), .hold(until: second))
        XCTAssertEqual(pass(second, fails: true), .hold(until: 2 * second))
    }

    func testAMessageThatFailedPassesAsSoonAsFailureIsOff() {
        _ = pass(0, fails: true)
        XCTAssertEqual(pass(1, fails: false), .proceed)
    }

    func testTheDelayComesBeforeFailure() {
        XCTAssertEqual(pass(0, delay: 2, fails: true), .hold(until: 2 * second))
        XCTAssertEqual(pass(2 * second, delay: 2, fails: true), .hold(until: 3 * second))
        XCTAssertEqual(pass(3 * second, delay: 2, fails: false), .proceed, "it has had its delay")
    }

    func testANewConnectionBeginsAnew() {
        _ = pass(0, delay: 2)
        messageFaults.clear()
        XCTAssertEqual(pass(second, delay: 2), .hold(until: 3 * second))
    }

    func testADelayBeyondAllRangesDoesNotTrap() {
        XCTAssertEqual(pass(0, delay: .infinity), .hold(until: 60 * second))
    }
}
