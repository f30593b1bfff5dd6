import LabTesting
import XCTest

/// What the workflow promises in every style holds in this one.
final class ConformanceTests: SystemTestCase {
    func testTheServicesKeepWhatTheWorkflowPromises() throws {
        let conformance = WorkflowConformance(self, taken: 201, held: ["reserved"]) { try self.newItem($0) }
        XCTAssertGreaterThan(try conformance.check(), 0)
    }
}
