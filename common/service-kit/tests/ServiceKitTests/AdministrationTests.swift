import Foundation
import LabTesting
import ServiceKitTesting
import XCTest

@testable import ServiceKit

/// `/admin/delay`, `/admin/fail` and `/admin/faults`, and what they act on.
final class AdministrationTests: XCTestCase {
    private var server: RunningServer!

    override func setUpWithError() throws { server = try RunningServer() }
    override func tearDown() { server.stop() }

    private func post(_ path: String, _ body: String) throws -> HTTPConnection.Reply {
        try server.send("POST", path, body: body)
    }

    private func assertFaults(_ delay: Double, _ fails: Bool, line: UInt = #line) throws {
        let reply = try server.send("GET", "/admin/faults")
        XCTAssertEqual(reply.status, 200, line: line)
        XCTAssertEqual(try json(reply.text), ["delay_seconds": delay, "fail_enabled": fails], line: line)
    }

    private func assertRefused(_ path: String, _ body: String, naming field: String, line: UInt = #line) throws {
        let reply = try post(path, body)
        XCTAssertEqual(reply.status, 400, body, line: line)
        let fields = try json(reply.text)
        XCTAssertEqual(fields["error"] as? String, "bad_request", body, line: line)
        let detail = try XCTUnwrap(fields["detail"] as? String, line: line)
        XCTAssertTrue(detail.hasPrefix(field + " "), "\(body): \(detail)", line: line)
    }

    func testADelayIsSetAndTold() throws {
        for (body, seconds) in [
            (#"{"seconds":0.25}"#, 0.25), (#"{"seconds":60}"#, 60), (#"{"seconds":6e1,"note":[1]}"#, 60),
            (#" {"seconds" : 0} "#, 0),
        ] {
            let reply = try post("/admin/delay", body)
            XCTAssertEqual(reply.status, 200)
            XCTAssertEqual(try json(reply.text), ["delay_seconds": seconds], body)
            try assertFaults(seconds, false)
        }
    }

    func testFailureIsSetAndTold() throws {
        for fails in [true, false] {
            let reply = try post("/admin/fail", "{\"enabled\":\(fails)}")
            XCTAssertEqual(reply.status, 200)
            XCTAssertEqual(try json(reply.text), ["fail_enabled": fails])
            try assertFaults(0, fails)
        }
    }

    func testTheBodyIsJSONWhateverItsTypeSays() throws {
        let reply = try server.send(
            "POST", "/admin/fail", body: #"{"enabled":true}"#,
            headers: ["Content-Type": "application/x-www-form-urlencoded"])
        XCTAssertEqual(reply.status, 200)
        try assertFaults(0, true)
    }

    func testADelayThatMakesNoSenseIsRefusedAndChangesNothing() throws {
        XCTAssertEqual(try post("/admin/delay", #"{"seconds":0.5}"#).status, 200)
        for value in [
            "-1", "-0.001", "60.001", "61", "1e308", "1e999", "-1e999", "\"1\"", "null", "true", "[1]", "{}",
        ] {
            try assertRefused("/admin/delay", "{\"seconds\":\(value)}", naming: "seconds")
        }
        for body in ["{}", #"{"Seconds":1}"#, #"{"second":1}"#, #"{"seconds":1,"seconds":1}"#] {
            try assertRefused("/admin/delay", body, naming: "seconds")
        }
        try assertFaults(0.5, false)
    }

    func testAFailureThatIsNeitherTrueNorFalseIsRefusedAndChangesNothing() throws {
        XCTAssertEqual(try post("/admin/fail", #"{"enabled":true}"#).status, 200)
        for value in ["\"true\"", "0", "1", "null", "[]", "{}"] {
            try assertRefused("/admin/fail", "{\"enabled\":\(value)}", naming: "enabled")
        }
        try assertRefused("/admin/fail", "{}", naming: "enabled")
        try assertRefused("/admin/fail", #"{"enabled":false,"enabled":false}"#, naming: "enabled")
        try assertFaults(0, true)
    }

    func testABodyThatIsNoJSONObjectIsRefused() throws {
        for path in ["/admin/delay", "/admin/fail"] {
            for body in [
                "", "seconds=1", "[]", "1", "null", "{", #"{"seconds":NaN}"#, #"{"seconds":1}}"#, "\u{FEFF}{}",
            ] {
                try assertRefused(path, body, naming: "the body")
            }
        }
    }

    // MARK: What faults act on

    func testFailureActsOnWorkOnly() throws {
        server.faults.fails = true
        let reply = try post("/work", "")
        XCTAssertEqual(reply.status, 500)
        XCTAssertEqual(try json(reply.text)["error"] as? String, "injected_failure")
        XCTAssertEqual(server.worked.all, [], "no work is done")
        XCTAssertEqual(try server.send("GET", "/hello").status, 200)
        XCTAssertEqual(try post("/admin/fail", #"{"enabled":false}"#).status, 200)
        XCTAssertEqual(try post("/work", "").status, 200)
    }

    func testADelayActsOnWorkOnly() throws {
        server.faults.delaySeconds = 60
        // Whoever has to wait for 60 seconds gets no answer within the connection's 30.
        let connection = try HTTPConnection(port: server.port, timeout: 30, isChecked: false)
        XCTAssertEqual(try connection.send("GET", "/hello").status, 200)
        XCTAssertEqual(try connection.send("GET", "/admin/faults").status, 200)
        XCTAssertEqual(try connection.send("POST", "/echo", body: "").status, 200)
        XCTAssertEqual(try connection.send("POST", "/admin/delay", body: #"{"seconds":0}"#).status, 200)
        XCTAssertEqual(try connection.send("POST", "/work", body: "").status, 200, "the delay is over")
    }

    func testADelayThatIsShortenedIsShortForTheNextRequest() throws {
        server.faults.delaySeconds = 1
        let waiting = try server.connect()
        try waiting.write("POST /work HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nfirst")
        server.waitForRequestsInFlight(1)
        XCTAssertEqual(try post("/admin/delay", #"{"seconds":0}"#).status, 200)
        XCTAssertEqual(try post("/work", "second").status, 200)
        XCTAssertEqual(try waiting.reply().status, 200)
        XCTAssertEqual(Set(server.worked.all), ["first", "second"])
    }

    func testTheDelayComesBeforeTheFailure() throws {
        server.faults.delaySeconds = 0.1
        server.faults.fails = true
        let start = EventLoop.now()
        XCTAssertEqual(try post("/work", "").status, 500)
        XCTAssertGreaterThanOrEqual(EventLoop.now() - start, 100_000_000)
    }
}
