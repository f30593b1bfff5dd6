import ServiceKit
import Synchronization
import XCTest

@testable import KafkaClient

final class BoundedCallsTests: XCTestCase {
    private var calls: BoundedCalls!

    override func setUpWithError() throws { calls = try BoundedCalls(log: Logger(service: "test", level: .error)) }

    override func tearDown() { calls.end() }

    func testWhatACallDoesIsDoneWhenItReturns() throws {
        let count = Atomic(0)
        for round in 1...100 {
            try calls.run("counting", seconds: 30) { count.add(1, ordering: .relaxed) }
            XCTAssertEqual(count.load(ordering: .relaxed), round)
        }
    }

    func testACallsOwnErrorIsThrownAndTheNextCallIsMade() throws {
        let problem = KafkaError(code: 51, "busy", isRetriable: true)
        XCTAssertThrowsError(try calls.run("asking", seconds: 30) { () throws(KafkaError) in throw problem }) { error in
            XCTAssertEqual(error as? KafkaError, problem)
        }
        XCTAssertNoThrow(try calls.run("asking", seconds: 30) {})
    }

    func testACallThatDoesNotReturnIsGivenUpAsFatal() {
        let never = Mailbox<Void>()
        XCTAssertThrowsError(try calls.run("waiting", seconds: 0.05) { never.wait(until: nil) }) { error in
            XCTAssertEqual((error as? KafkaError)?.isFatal, true, "\(error)")
            XCTAssertTrue("\(error)".contains("waiting"), "\(error)")
        }
        never.wake()
    }
}
