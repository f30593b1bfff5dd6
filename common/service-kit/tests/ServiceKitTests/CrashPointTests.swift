import Foundation
import ServiceKit
import XCTest

/// What a crash point does when it is planned is a kill, which only a test of a whole service can see.
final class CrashPointTests: XCTestCase {
    override func tearDown() { unsetenv("LAB_CRASH_AT") }

    func testWithoutAPlanNothingHappens() {
        unsetenv("LAB_CRASH_AT")
        let point = CrashPoint("decision-journaled")
        XCTAssertFalse(point.isArmed)
        for _ in 0..<1000 { point.reach() }
    }

    func testThePlanOfAnotherPointChangesNothing() {
        for plan in ["other", "other:1", "decision", "decision-journaled-", ":1", ":", "", "other:decision-journaled"] {
            setenv("LAB_CRASH_AT", plan, 1)
            let point = CrashPoint("decision-journaled")
            XCTAssertFalse(point.isArmed, plan)
            for _ in 0..<10 { point.reach() }
        }
    }

    func testOnlyTheVisitThatIsPlannedIsTheLast() {
        setenv("LAB_CRASH_AT", "decision-journaled:1000", 1)
        let point = CrashPoint("decision-journaled")
        XCTAssertTrue(point.isArmed)
        for _ in 0..<999 { point.reach() }
        setenv("LAB_CRASH_AT", "decision-journaled", 1)
        XCTAssertTrue(CrashPoint("decision-journaled").isArmed)
    }
}
