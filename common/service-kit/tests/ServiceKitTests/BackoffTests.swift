import ServiceKit
import XCTest

final class BackoffTests: XCTestCase {
    func testPausesDoubleUpToTheLimit() {
        var backoff = Backoff(0.1...1)
        XCTAssertEqual((0..<6).map { _ in backoff.next(spread: 0.5) }, [0.1, 0.2, 0.4, 0.8, 1, 1])
    }

    func testChanceSpreadsAPauseByAFifthButNotBeyondTheLimit() {
        var (short, long) = (Backoff(1...5), Backoff(1...5))
        XCTAssertEqual(short.next(spread: 0), 0.8, accuracy: 1e-9)
        XCTAssertEqual(long.next(spread: 1), 1.2, accuracy: 1e-9)
        var last = Backoff(5...5)
        XCTAssertEqual(last.next(spread: 1), 5)
    }

    func testSuccessMakesTheNextPauseShort() {
        var backoff = Backoff(0.1...5)
        _ = backoff.next()
        _ = backoff.next()
        backoff.reset()
        XCTAssertEqual(backoff.next(spread: 0.5), 0.1)
    }
}
