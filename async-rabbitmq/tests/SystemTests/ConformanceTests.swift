import LabTesting
import XCTest

/// What the workflow promises in every style holds in this one.
final class ConformanceTests: SystemTestCase {
    func testTheServicesKeepWhatTheWorkflowPromises() throws {
        let conformance = WorkflowConformance(self, taken: 202, held: ["reserved"]) { count in
            try self.startAfresh(["STOCK": "burger=\(count)"])
            return "burger"
        }
        XCTAssertGreaterThan(try conformance.check(), 0)
    }
}
