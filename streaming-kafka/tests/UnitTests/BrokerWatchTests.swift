import Dispatch
import KafkaClient
import LabTesting
import ServiceKit
import Synchronization
import XCTest

final class BrokerWatchTests: XCTestCase {
    private let readiness = Readiness()
    private let log = Logger(service: "test", level: .error)

    func testNothingIsReadyBeforeTheBrokerHasAnswered() {
        let mayAnswer = DispatchSemaphore(value: 0)
        let watch = BrokerWatch(readiness, log: log) { _ in
            mayAnswer.wait()
            return true
        }
        XCTAssertEqual(readiness.missing, ["the broker"])
        mayAnswer.signal()
        XCTAssertTrue(Lab.eventually { readiness.missing.isEmpty })
        watch.stop()
        mayAnswer.signal()
    }

    func testABrokerThatRefusesThisClientIsAMistakeUntilItAnswers() {
        let isThere = Atomic<Bool>(false)
        let mistake = KafkaError(code: -1, "an address", mistake: "the broker refuses the credentials: correct them")
        let watch = BrokerWatch(readiness, log: log, mistake: { mistake }) { _ in isThere.load(ordering: .relaxed) }
        XCTAssertTrue(Lab.eventually { readiness.missing == [mistake.mistake] })
        isThere.store(true, ordering: .relaxed)
        XCTAssertTrue(Lab.eventually { readiness.missing.isEmpty })
        watch.stop()
    }

    func testABrokerThatGoesAndComesBackIsSeen() {
        let isThere = Atomic<Bool>(true)
        let watch = BrokerWatch(readiness, log: log) { _ in isThere.load(ordering: .relaxed) }
        XCTAssertTrue(Lab.eventually { readiness.missing.isEmpty })
        isThere.store(false, ordering: .relaxed)
        XCTAssertTrue(Lab.eventually { readiness.missing == ["the broker"] })
        isThere.store(true, ordering: .relaxed)
        XCTAssertTrue(Lab.eventually { readiness.missing.isEmpty })
        watch.stop()
    }
}
