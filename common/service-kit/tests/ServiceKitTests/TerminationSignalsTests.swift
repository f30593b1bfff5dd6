import Foundation
import ServiceKitTesting
import XCTest

@testable import ServiceKit

/// The signals are blocked and sent for one thread only, the loop's, so that they end no test.
final class TerminationSignalsTests: XCTestCase {
    private func assert(_ signal: Int32, isCalled name: String, line: UInt = #line) {
        onLoop(line: line) { loop in
            TerminationSignals.block()
            let signals = TerminationSignals(on: loop)
            async let next = signals.next()
            await Task.yield()
            pthread_kill(pthread_self(), signal)
            let arrived = await next
            XCTAssertEqual(arrived, name, line: line)
            let again = await signals.next()
            XCTAssertEqual(again, name, "it has arrived for all who ask", line: line)
        }
    }

    func testSIGTERMIsAnEventOfTheLoop() { assert(SIGTERM, isCalled: "SIGTERM") }

    func testSIGINTIsAnEventOfTheLoop() { assert(SIGINT, isCalled: "SIGINT") }

    func testASignalThatCameBeforeAnybodyWaitedIsNotLost() {
        onLoop { loop in
            TerminationSignals.block()
            let signals = TerminationSignals(on: loop)
            pthread_kill(pthread_self(), SIGTERM)
            await loop.sleep(seconds: 0.01)
            let arrived = await signals.next()
            XCTAssertEqual(arrived, "SIGTERM")
        }
    }

    func testSeveralSignalsAreOne() {
        onLoop { loop in
            TerminationSignals.block()
            let signals = TerminationSignals(on: loop)
            pthread_kill(pthread_self(), SIGTERM)
            pthread_kill(pthread_self(), SIGINT)
            let arrived = await signals.next()
            XCTAssertTrue(["SIGTERM", "SIGINT"].contains(arrived))
        }
    }
}
