import LabTesting
import XCTest

/// The faults that every service can be told to have.
final class FaultTests: SystemTestCase {
    func testFaultsAreSetAndTold() throws {
        for service in services {
            let delay = try ask(service, "POST", "/admin/delay", #"{"seconds": 0.25}"#)
            XCTAssertEqual(delay.fields["delay_seconds"] as? Double, 0.25)
            let failure = try ask(service, "POST", "/admin/fail", #"{"enabled": true}"#)
            XCTAssertEqual(failure.fields["fail_enabled"] as? Bool, true)
            let both = try ask(service, "GET", "/admin/faults")
            XCTAssertEqual(both.fields["delay_seconds"] as? Double, 0.25)
            XCTAssertEqual(both.fields["fail_enabled"] as? Bool, true)
        }
    }

    func testBadFaultsAre400AndChangeNothing() throws {
        for service in services {
            for value in ["-1", "60.001", "1e308", "\"1\"", "null", "true"] {
                let answer = try ask(service, "POST", "/admin/delay", "{\"seconds\":\(value)}")
                assertError(answer, 400, "bad_request", naming: "seconds")
            }
            for value in ["1", "\"true\"", "null"] {
                let answer = try ask(service, "POST", "/admin/fail", "{\"enabled\":\(value)}")
                assertError(answer, 400, "bad_request", naming: "enabled")
            }
            let faults = try ask(service, "GET", "/admin/faults")
            XCTAssertEqual(faults.fields["delay_seconds"] as? Double, 0)
            XCTAssertEqual(faults.fields["fail_enabled"] as? Bool, false)
        }
    }

    /// A delay of a minute on everything: what answers within the connection's time-out was not held back by it.
    func testFaultsActOnWorkOnly() throws {
        for service in services {
            try setDelay(60, service)
            try setFailure(true, service)
        }
        for service in services {
            let paths: [LabService: [String]] = [
                .order: ["/orders"], .inventory: ["/stock"], .notification: ["/notifications"],
            ]
            for path in ["/health", "/ready", "/admin/faults"] + (paths[service] ?? []) {
                let start = ContinuousClock.now
                XCTAssertEqual(try ask(service, "GET", path).status, 200, path)
                XCTAssertLessThan(ContinuousClock.now - start, .seconds(60), path)
            }
        }
    }

    func testWorkOfEachServiceFailsWhereItIsTold() throws {
        for service in services { try setFailure(true, service) }
        let id = "01234567-89ab-cdef-0123-456789abcdef"
        for (service, path) in [
            (LabService.order, "/order"), (.inventory, "/reserve"), (.inventory, "/release"), (.notification, "/send"),
        ] {
            let body = "{\"order_id\":\"\(id)\",\"item\":\"burger\",\"quantity\":1,\"status\":\"reserved\"}"
            assertError(try ask(service, "POST", path, body), 500, "injected_failure")
        }
    }

    func testTheDelayComesBeforeTheFailure() throws {
        try setDelay(0.5, .order)
        try setFailure(true, .order)
        let start = ContinuousClock.now
        assertError(try order(), 500, "injected_failure")
        XCTAssertGreaterThanOrEqual(ContinuousClock.now - start, .seconds(0.5))
    }

    func testFaultsCanBeThereFromTheStart() throws {
        try startAfresh(["FAULT_DELAY_SECONDS": "0.25", "FAULT_FAIL": "true"])
        let faults = try ask(.inventory, "GET", "/admin/faults")
        XCTAssertEqual(faults.fields["delay_seconds"] as? Double, 0.25)
        XCTAssertEqual(faults.fields["fail_enabled"] as? Bool, true)
    }

    func testABadVariableStopsTheServiceAndIsNamed() throws {
        defer { _ = try? Lab.run("start", "inventory") }
        XCTAssertThrowsError(try Lab.run("restart", "inventory", environment: ["STOCK": "many"])) {
            XCTAssertTrue("\($0)".contains("STOCK must be"), "\($0)")
        }
    }
}
