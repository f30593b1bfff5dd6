import Foundation
import LabTesting
import XCTest

/// Two instances of a service: one works, the other stands by until the first is gone.
final class SecondInstanceTests: SystemTestCase {
    private var second: Process?

    override func setUpWithError() throws {
        try super.setUpWithError()
        guard Lab.mode == "native" else {
            print("SKIPPED: a second instance is started as a process, which in containers would be none of theirs")
            throw XCTSkip("native only")
        }
    }

    override func tearDownWithError() throws {
        stopSecond()
        try super.tearDownWithError()
    }

    /// Starts a further process of a service beside the lab's own.
    ///
    /// - Returns: the port that it listens on.
    private func startSecond(_ executable: String) throws -> Int {
        let port = try Lab.freePort()
        let lab = try XCTUnwrap(ProcessInfo.processInfo.environment["LAB"])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: lab).deletingLastPathComponent()
            .appendingPathComponent(".build/release/\(executable)")
        process.environment = ProcessInfo.processInfo.environment.merging(["PORT": "\(port)"]) { $1 }
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        second = process
        let stands = Lab.eventually { (try? ready(port))?.text("status") == "standby" }
        XCTAssertTrue(stands, "\((try? ready(port).fields) ?? [:])")
        return port
    }

    /// SIGKILL, as all that an instance holds must survive it.
    private func stopSecond() {
        guard let process = second, process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        second = nil
    }

    private func ask(_ port: Int, _ method: String, _ path: String, _ headers: [String: String] = [:]) throws -> Answer
    {
        let body = method == "POST" ? LabTestCase.body() : nil
        let reply = try HTTPConnection(port: port).send(method, path, body: body, headers: headers)
        return Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    private func ready(_ port: Int) throws -> Answer { try ask(port, "GET", "/ready") }

    private func awaitReady(_ port: Int, line: UInt = #line) throws {
        let isReady = try Lab.eventually(within: 60) { try ready(port).status == 200 }
        if !isReady { XCTFail("\(try ready(port).fields)", line: line) }
    }

    func testAnInventoryThatHangsIsReplacedAndNothingIsSoldTwice() throws {
        try startAfresh()
        let port = try startSecond("InventoryService")
        try assertAll(try (0..<10).map { _ in try accept("burger", 3) }, become: "reserved")
        assertError(try ask(port, "GET", "/stock"), 503, "not_ready")

        try Lab.run("pause", "inventory")
        let more = try (0..<10).map { _ in try accept("burger", 8) }
        let start = ContinuousClock.now
        try awaitReady(port)
        print("took over after \(ContinuousClock.now - start)")
        XCTAssertTrue(try Lab.eventually(within: 60) { try orders("?status=placed").isEmpty })
        XCTAssertEqual(try orders("?status=failed").count, 2, "of 70, eight times 8 are taken")
        XCTAssertEqual(try ask(port, "GET", "/stock").number("burger"), 6)

        // The first wakes with messages in hand that are not its own any more.
        try Lab.run("resume", "inventory")
        XCTAssertTrue(
            try Lab.eventually(within: 60) { try ask(.inventory, "GET", "/ready").text("status") == "standby" })
        assertError(try ask(.inventory, "GET", "/stock"), 503, "not_ready")
        try assertAll([try accept("burger", 6)], become: "reserved")
        XCTAssertEqual(try ask(port, "GET", "/stock").number("burger"), 0)
        XCTAssertEqual(more.count, 10)

        stopSecond()
        try awaitReady()
        XCTAssertEqual(try stock(), 0, "it has learnt what the other one did")
        try assertAll([try accept("burger", 1)], become: "failed")
        try assertConservation()
    }

    func testAnOrderServiceThatIsKilledIsReplaced() throws {
        try startAfresh()
        let port = try startSecond("OrderService")
        let refused = try ask(port, "POST", "/order")
        assertError(refused, 503, "broker_unavailable")
        for path in ["/orders", "/orders/\(UUID().uuidString)"] {
            assertError(try ask(port, "GET", path), 503, "not_ready")
        }
        let key = ["Idempotency-Key": UUID().uuidString]
        let first = try XCTUnwrap(try order(headers: key).text("order_id"))
        try assertAll([first], become: "reserved")

        try Lab.run("kill", "order")
        try awaitReady(port)
        let replay = try ask(port, "POST", "/order", key)
        XCTAssertEqual(replay.text("order_id"), first)
        XCTAssertEqual(replay.headers["idempotent-replayed"], "true")
        let otherKey = ["Idempotency-Key": UUID().uuidString]
        let second = try XCTUnwrap(try ask(port, "POST", "/order", otherKey).text("order_id"))
        XCTAssertTrue(
            try Lab.eventually { try ask(port, "GET", "/orders/\(second)").text("status") == "reserved" })

        try Lab.run("start", "order")
        XCTAssertEqual(try ask(.order, "GET", "/ready").text("status"), "standby")
        stopSecond()
        try awaitReady()
        XCTAssertEqual(try orders().compactMap { $0["order_id"] as? String }, [first, second])
        XCTAssertEqual(try order(headers: otherKey).text("order_id"), second)
        XCTAssertEqual(try stock(), 98)
    }

    /// An instance that hung while another one worked must not go on with what it knew before.
    func testAnOrderServiceThatHungLearnsWhatTheOtherDid() throws {
        try startAfresh()
        let first = try accept()
        try assertAll([first], become: "reserved")
        let port = try startSecond("OrderService")
        try Lab.run("pause", "order")
        try awaitReady(port)
        let key = ["Idempotency-Key": UUID().uuidString]
        let second = try XCTUnwrap(try ask(port, "POST", "/order", key).text("order_id"))
        try Lab.run("resume", "order")
        XCTAssertTrue(try Lab.eventually(within: 60) { try ask(.order, "GET", "/ready").text("status") == "standby" })
        XCTAssertTrue(
            try Lab.eventually { try ask(port, "GET", "/orders/\(second)").text("status") == "reserved" },
            "the one that hung takes no outcomes away")
        stopSecond()
        try awaitReady()
        XCTAssertEqual(try orders().compactMap { $0["order_id"] as? String }, [first, second])
        XCTAssertEqual(try order(headers: key).text("order_id"), second)
    }
}
