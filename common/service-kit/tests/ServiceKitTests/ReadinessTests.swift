import Foundation
import ServiceKitTesting
import XCTest

@testable import ServiceKit

final class ReadinessTests: XCTestCase {
    private func answer(_ readiness: Readiness) throws -> (status: Int, body: NSDictionary) {
        (readiness.response.status, try json(readiness.response.text))
    }

    func testAServiceThatMissesNothingIsReady() throws {
        let answer = try answer(Readiness())
        XCTAssertEqual(answer.status, 200)
        XCTAssertEqual(answer.body, ["status": "ready"])
    }

    func testAServiceSaysWhatIsMissing() throws {
        let readiness = Readiness(missing: ["the broker", "its topology"])
        let answer = try answer(readiness)
        XCTAssertEqual(answer.status, 503)
        XCTAssertEqual(
            answer.body,
            ["status": "starting", "error": "broker_unavailable", "detail": "waiting for the broker, its topology"])
        readiness.missing = []
        XCTAssertEqual(readiness.response.status, 200)
    }

    func testPartsDoNotOverwriteEachOther() throws {
        let readiness = Readiness()
        readiness.set("publisher", missing: "the publisher")
        readiness.set("consumer", missing: "the consumer")
        readiness.set("consumer", missing: "the queue")
        XCTAssertEqual(readiness.missing, ["the publisher", "the queue"])
        readiness.set("publisher", missing: nil)
        XCTAssertEqual(try answer(readiness).body["detail"] as? String, "waiting for the queue")
        readiness.set("consumer", missing: nil)
        XCTAssertEqual(readiness.response.status, 200)
    }

    func testAServiceMayHaveItsOwnWordForNotBeingReady() throws {
        let readiness = Readiness(missing: ["its place in the group"])
        readiness.condition = .fenced
        XCTAssertEqual(try answer(readiness).body["status"] as? String, "fenced")
        readiness.missing = []
        XCTAssertEqual(try answer(readiness).body["status"] as? String, "ready")
    }

    func testAWarningIsShownOnceAlsoWhereTheServiceIsReady() throws {
        let readiness = Readiness()
        readiness.warn("the log is short")
        readiness.warn("the log is short")
        let answer = try answer(readiness)
        XCTAssertEqual(answer.status, 200)
        XCTAssertEqual(answer.body, ["status": "ready", "warnings": ["the log is short"]])
    }

    /// Whoever waits for a service must be able to tell what waiting does not mend.
    func testAMistakeIsToldInsteadOfWhatIsWaitedFor() throws {
        let readiness = Readiness()
        readiness.set("publisher", missing: "the queue q is a classic one: delete it", isPermanent: true)
        readiness.set("consumer", missing: "the queue q is a classic one: delete it", isPermanent: true)
        readiness.set("feed", missing: "the broker")
        var answer = try answer(readiness)
        XCTAssertEqual(answer.status, 503)
        XCTAssertEqual(answer.body["status"] as? String, "misconfigured")
        XCTAssertEqual(answer.body["detail"] as? String, "the queue q is a classic one: delete it")
        readiness.set("publisher", missing: nil)
        readiness.set("consumer", missing: "the broker")
        answer = try self.answer(readiness)
        XCTAssertEqual(answer.body["status"] as? String, "starting")
        XCTAssertEqual(answer.body["detail"] as? String, "waiting for the broker")
    }

    func testAServiceThatStopsIsNeverReadyAgain() throws {
        let readiness = Readiness(missing: ["the broker"])
        readiness.stop()
        for missing in [["the broker"], []] {
            readiness.missing = missing
            let answer = try answer(readiness)
            XCTAssertEqual(answer.status, 503)
            XCTAssertEqual(
                answer.body,
                ["status": "stopping", "error": "overloaded", "detail": "the service is stopping"])
        }
    }
}
