import ServiceKit
import XCTest

@testable import AMQPClient

final class ReconnectionTests: XCTestCase {
    private let second: EventLoop.Nanoseconds = 1_000_000_000

    private func lost(_ reconnection: inout Reconnection, at now: EventLoop.Nanoseconds) -> EventLoop.Nanoseconds? {
        reconnection.lost(at: now, spread: 0.5)
        guard case .pausing(let until) = reconnection.state else { return nil }
        return until - now
    }

    func testBeginsByConnecting() {
        XCTAssertEqual(Reconnection().state, .connecting)
    }

    func testPausesGrowToFiveSecondsAtMost() {
        var reconnection = Reconnection()
        var pauses: [Double] = []
        var now: EventLoop.Nanoseconds = 0
        for _ in 0..<9 {
            let pause = lost(&reconnection, at: now) ?? 0
            pauses.append(Double(pause) / 1e9)
            now += pause
            reconnection.tick(at: now)
            XCTAssertEqual(reconnection.state, .connecting)
        }
        XCTAssertEqual(pauses, [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5])
    }

    func testAPauseIsNotCutShort() {
        var reconnection = Reconnection()
        XCTAssertEqual(lost(&reconnection, at: 0), second / 10)
        reconnection.tick(at: second / 10 - 1)
        XCTAssertEqual(reconnection.state, .pausing(until: second / 10))
        reconnection.opened(at: 1)
        XCTAssertEqual(reconnection.state, .pausing(until: second / 10))
    }

    func testAConnectionThatLastedMakesTheNextPauseShort() {
        var reconnection = Reconnection()
        _ = lost(&reconnection, at: 0)
        reconnection.tick(at: second)
        reconnection.opened(at: second)
        XCTAssertEqual(lost(&reconnection, at: 3 * second), second / 10)
    }

    func testAConnectionThatIsLostAtOnceDoesNot() {
        var reconnection = Reconnection()
        _ = lost(&reconnection, at: 0)
        reconnection.tick(at: second)
        reconnection.opened(at: second)
        XCTAssertEqual(lost(&reconnection, at: second + 1), second / 5)
    }
}
