import Foundation
import LabTesting
import XCTest

/// Many clients at once, and services that stop under them.
final class LoadTests: SystemTestCase {
    func testAThousandOrdersWaitAtOnce() throws {
        try startAfresh(["STOCK": "1000", "REQUEST_TIMEOUT": "60"])
        try setDelay(2, .inventory)
        let start = ContinuousClock.now
        let statuses = try placeAtOnce(1000) {
            XCTAssertEqual(try ask(.order, "GET", "/health").status, 200, "it answers while they wait")
        }
        XCTAssertEqual(statuses.filter { $0 == 201 }.count, 1000)
        // One after another they would take 2,000 s, on a pool of 64 threads 32.
        print("1,000 orders, each held back 2 s, took \(ContinuousClock.now - start)")
        XCTAssertEqual(try stock(), 0)
        try assertConservation(initial: 1000)
    }

    func testStockIsNeverSoldTwice() throws {
        try startAfresh()
        let statuses = try placeAtOnce(300)
        XCTAssertEqual(statuses.filter { $0 == 201 }.count, 100)
        XCTAssertEqual(statuses.filter { $0 == 422 }.count, 200)
        XCTAssertEqual(try stock(), 0)
        XCTAssertEqual(try notifications().count, 100)
        try assertConservation()
    }

    func testOrdersInHandAreAnsweredWhenTheServiceIsStopped() throws {
        try startAfresh()
        try setDelay(1.5, .inventory)
        let statuses = try placeAtOnce(50) {
            XCTAssertTrue(try Lab.eventually { try orders("?status=placed").count == 50 })
            try Lab.run("stop", "order")
        }
        XCTAssertEqual(statuses, Array(repeating: 201, count: 50))
        XCTAssertThrowsError(try HTTPConnection(port: LabService.order.port), "it is gone")
        XCTAssertEqual(try stock(), 50)
        try Lab.run("start", "order")
    }

    /// Ten seconds are all there is; who waits longer is told that the time was over, and the order's release is not forgotten.
    func testOrdersThatTheEndCutsOffAreTimeouts() throws {
        try startAfresh(["REQUEST_TIMEOUT": "60"])
        try setDelay(40, .inventory)
        let statuses = try placeAtOnce(3) {
            XCTAssertTrue(try Lab.eventually { try orders("?status=placed").count == 3 })
            try Lab.run("stop", "order")
        }
        XCTAssertEqual(statuses, [504, 504, 504])
        let log = try Lab.run("logs", "order")
        XCTAssertTrue(log.contains("stopped before these orders were released count=3"), log)
        try Lab.run("start", "order")
    }

    func testInventoryStoppedWhileOrdersFlowLosesNone() throws {
        try startAfresh(["STOCK": "1000"])
        let stopped = try placeWhile { try Lab.run("stop", "inventory") }
        XCTAssertGreaterThan(stopped[201] ?? 0, 0)
        XCTAssertEqual(Set(stopped.keys).subtracting([201, 502]), [])
        let taken = try orders().filter { $0["status"] as? String == "notified" }.count
        XCTAssertEqual(taken, stopped[201], "who was told 201 has an order, and nobody else")
        XCTAssertEqual(try orders().count, stopped.values.reduce(0, +))
    }

    /// Sends orders one after another until `interruption` has been done and an order has failed; counts the statuses.
    private func placeWhile(_ interruption: () throws -> Void) throws -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for _ in 0..<20 { counts[try order().status, default: 0] += 1 }
        try interruption()
        for _ in 0..<5 { counts[try order().status, default: 0] += 1 }
        try Lab.run("start", "inventory")
        for _ in 0..<20 { counts[try order().status, default: 0] += 1 }
        XCTAssertEqual(counts[502], 5)
        return counts
    }
}
