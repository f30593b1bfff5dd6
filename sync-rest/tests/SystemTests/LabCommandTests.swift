import LabTesting
import XCTest

/// The commands that people type.
final class LabCommandTests: SystemTestCase {
    func testUpAgainChangesNothing() throws {
        XCTAssertEqual(try order().status, 201)
        let before = try orders().count
        XCTAssertTrue(try Lab.run("up").contains("up already"))
        XCTAssertEqual(try orders().count, before)
    }

    func testUpStartsWhatIsMissingAndKeepsTheRest() throws {
        try startAfresh()
        XCTAssertEqual(try order().status, 201)
        try Lab.run("kill", "notification")
        try Lab.run("pause", "inventory")
        try Lab.run("up")
        XCTAssertEqual(try orders().count, 1, "what ran keeps its memory")
        XCTAssertEqual(try stock(), 99)
        XCTAssertEqual(try order().text("status"), "notified")
    }

    func testStatusTellsWhatRuns() throws {
        XCTAssertTrue(try Lab.run("status").contains(/order +[0-9]+ +ready/))
        try Lab.run("kill", "notification")
        XCTAssertThrowsError(try Lab.run("status")) { XCTAssertTrue("\($0)".contains(/notification +[0-9]+ +gone/)) }
        try Lab.run("start", "notification")
        try Lab.run("pause", "notification")
        XCTAssertThrowsError(try Lab.run("status")) { XCTAssertTrue("\($0)".contains(/notification +[0-9]+ +paused/)) }
        try Lab.run("resume", "notification")
        XCTAssertNoThrow(try Lab.run("status"))
    }

    func testEnvironmentIsLinesOfKeyAndValue() throws {
        let lines = try Lab.run("env").split(separator: "\n")
        for service in services {
            let line = "\(service.rawValue.uppercased())_URL=http://127.0.0.1:\(try service.port)"
            XCTAssertTrue(lines.contains { $0 == line }, "\(lines)")
        }
    }

    func testWrongCommandsAreRefused() throws {
        for arguments in [
            ["fly"], ["stop"], ["stop", "dinner"], ["start", "order", "now"], ["up", "fast"], ["start", "order.0"],
            ["start", "order.x"], ["start", "order.02"], ["start", "order.1000"], ["start", "orders"],
            ["stop", "order.77"],
        ] {
            XCTAssertThrowsError(try Lab.run(arguments), "\(arguments)") {
                XCTAssertTrue("\($0)".contains("lab:"), "\($0)")
            }
        }
        XCTAssertEqual(try order().status, 201)
    }

    func testLogsShowOneServiceOrAll() throws {
        XCTAssertTrue(try Lab.run("logs", "inventory").contains("inventory listening"))
        XCTAssertFalse(try Lab.run("logs", "inventory").contains("order listening"))
        let all = try Lab.run("logs")
        for service in services { XCTAssertTrue(all.contains("\(service.rawValue) listening")) }
    }

    func testASecondInstanceRunsBesideTheFirst() throws {
        try startAfresh()
        let second = LabService.order.instance(2)
        guard Lab.mode == "native" else {
            XCTAssertThrowsError(try Lab.run("start", second.rawValue)) { XCTAssertTrue("\($0)".contains("--native")) }
            return
        }
        try Lab.run("start", second.rawValue, environment: ["ORDER_2_PORT": "\(try Lab.freePort())"])
        addTeardownBlock { _ = try? Lab.run("stop", second.rawValue) }
        XCTAssertEqual(try ask(second, "POST", "/order", LabTestCase.body()).status, 201)
        XCTAssertEqual(try orders().count, 0, "it has orders of its own")
        XCTAssertEqual(try stock(), 99, "both call the same inventory")
        XCTAssertEqual(
            try ask(second, "GET", "/health").fields as? [String: String], ["status": "ok", "service": "order"])
        XCTAssertTrue(try Lab.run("logs", "order.2").contains(" INFO order.2 listening"))
        XCTAssertFalse(try Lab.run("logs", "order").contains("order.2"))
        XCTAssertTrue(try Lab.run("status").contains(/order\.2 +[0-9]+ +ready/))

        try Lab.run("kill", "order.2")
        XCTAssertEqual(try order().status, 201, "the first one works on")
        XCTAssertThrowsError(try Lab.run("status")) { XCTAssertTrue("\($0)".contains(/order\.2 +[0-9]+ +gone/)) }
        try Lab.run("start", "order.2")
        try Lab.run("stop", "order.1")
        XCTAssertEqual(try ask(second, "GET", "/orders").status, 200)
        try Lab.run("start", "order.1")
    }
}
