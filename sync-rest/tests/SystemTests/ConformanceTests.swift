import LabTesting
import XCTest

/// What the workflow promises in every style holds in this one.
final class ConformanceTests: SystemTestCase {
    func testTheServicesKeepWhatTheWorkflowPromises() throws {
        // An order whose notification is not confirmed stays reserved.
        let conformance = WorkflowConformance(self, taken: 201, held: ["notified", "reserved"]) { count in
            try self.startAfresh(["STOCK": "burger=\(count)"])
            return "burger"
        }
        XCTAssertGreaterThan(try conformance.check(), 0)
    }
}
