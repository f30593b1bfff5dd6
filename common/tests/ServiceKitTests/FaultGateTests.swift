import ServiceKit
import XCTest

final class FaultGateTests: XCTestCase {
    private let second: EventLoop.Nanoseconds = 1_000_000_000
    private var gate = FaultGate()

    override func setUp() { gate = FaultGate() }

    private func pass(_ now: EventLoop.Nanoseconds, delay: Double = 0, fails: Bool = false) -> FaultGate.Passage {
        gate.pass(at: now, delaySeconds: delay, fails: fails)
    }

    func testWithoutFaultsEveryMessagePasses() {
        for now in [0, 1, 1] as [EventLoop.Nanoseconds] { XCTAssertEqual(pass(now), .open) }
    }

    func testEachMessageHasItsOwnDelay() {
        XCTAssertEqual(pass(0, delay: 2), .closed(until: 2 * second))
        XCTAssertEqual(pass(second, delay: 2), .closed(until: 2 * second))
        XCTAssertEqual(pass(2 * second, delay: 2), .open)
        XCTAssertEqual(pass(2 * second, delay: 2), .closed(until: 4 * second))
    }

    func testADelayThatIsShortenedHoldsNoLonger() {
        XCTAssertEqual(pass(0, delay: 60), .closed(until: 60 * second))
        XCTAssertEqual(pass(second, delay: 0), .open)
    }

    func testAMessageThatFailsIsTriedAgainAfterASecond() {
        XCTAssertEqual(pass(0, fails: true), .closed(until: second))
        XCTAssertEqual(pass(second - 1, fails: true), .closed(until: second))
        XCTAssertEqual(pass(second, fails: true), .closed(until: 2 * second))
    }

    func testAMessageThatFailedPassesAsSoonAsFailureIsOff() {
        _ = pass(0, fails: true)
        XCTAssertEqual(pass(1, fails: false), .open)
    }

    func testTheDelayComesBeforeFailure() {
        XCTAssertEqual(pass(0, delay: 2, fails: true), .closed(until: 2 * second))
        XCTAssertEqual(pass(2 * second, delay: 2, fails: true), .closed(until: 3 * second))
        XCTAssertEqual(pass(3 * second, delay: 2, fails: false), .open, "it has had its delay")
    }

    func testANewConnectionBeginsAnew() {
        _ = pass(0, delay: 2)
        gate.clear()
        XCTAssertEqual(pass(second, delay: 2), .closed(until: 3 * second))
    }

    func testADelayBeyondAllRangesDoesNotTrap() {
        XCTAssertEqual(pass(0, delay: .infinity), .closed(until: 60 * second))
    }
}
