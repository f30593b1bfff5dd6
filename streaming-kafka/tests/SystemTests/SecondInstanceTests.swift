import Foundation
import LabTesting
import XCTest

/// Two instances of a service at once, on a real Kafka: the second one takes the first one's place.
final class SecondInstanceTests: SystemTestCase {
    /// Starts another instance of a service beside the lab's own, and waits until that has noticed.
    private func startSecond(_ executable: String, besides service: LabService) throws -> Process {
        try XCTSkipUnless(Lab.mode == "native", "the second instance is a process of this machine")
        let warnings = try ask(.inventory, "GET", "/ready").fields["warnings"]
        try XCTSkipUnless(warnings == nil, "the embedded broker fences nobody")
        let lab = try XCTUnwrap(ProcessInfo.processInfo.environment["LAB"])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: lab).deletingLastPathComponent()
            .appendingPathComponent(".build/release/\(executable)")
        process.environment = ProcessInfo.processInfo.environment.merging(["PORT": "\(try Lab.freePort())"]) { $1 }
        process.standardError = FileHandle.nullDevice
        try process.run()
        XCTAssertTrue(try Lab.eventually { try ask(service, "GET", "/ready").text("status") == "fenced" })
        return process
    }

    private func end(_ process: Process, besides service: LabService) throws {
        process.terminate()
        process.waitUntilExit()
        XCTAssertEqual(process.terminationStatus, 0)
        try Lab.run("restart", service.rawValue)
    }

    func testAFencedInventoryTellsNoStock() throws {
        XCTAssertEqual(try ask(.inventory, "GET", "/stock").status, 200)
        let second = try startSecond("InventoryConsumer", besides: .inventory)
        for path in ["/stock", "/stats"] {
            assertError(try ask(.inventory, "GET", path), 503, "not_ready", naming: "another instance")
        }
        for path in ["/health", "/admin/faults"] { XCTAssertEqual(try ask(.inventory, "GET", path).status, 200) }
        try end(second, besides: .inventory)
        XCTAssertEqual(try ask(.inventory, "GET", "/stock").status, 200)
    }

    func testAFencedAnalyticsTellsNoNumbers() throws {
        let second = try startSecond("AnalyticsConsumer", besides: .analytics)
        assertError(try ask(.analytics, "GET", "/metrics"), 503, "not_ready", naming: "another instance")
        for path in ["/health", "/admin/faults"] { XCTAssertEqual(try ask(.analytics, "GET", path).status, 200) }
        try end(second, besides: .analytics)
        XCTAssertEqual(try ask(.analytics, "GET", "/metrics").status, 200)
    }
}
