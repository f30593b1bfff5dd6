import LabTesting
import XCTest

/// The lab's own three experiments: what blocking calls do to the client who waits for them.
final class CommunicationTests: SystemTestCase {
    /// Sends orders one after another on one kept-alive connection and times each round trip.
    ///
    /// The connection is made and one order goes ahead before the clock starts: what is measured is the services, not the
    /// client's start.
    private func measure(
        _ name: String, _ count: Int, on connection: HTTPConnection, expecting status: Int
    ) throws -> LatencySample {
        var sample = LatencySample(name)
        for _ in 0..<count {
            let reply = try sample.measure {
                try connection.send("POST", "/order", body: LabTestCase.body(), isChecked: false)
            }
            XCTAssertEqual(reply.status, status, reply.text)
        }
        return sample
    }

    private func warmConnection() throws -> HTTPConnection {
        let connection = try HTTPConnection(port: LabService.order.port)
        XCTAssertEqual(try connection.send("POST", "/order", body: LabTestCase.body()).status, 201)
        return connection
    }

    func testBaselineLatency() throws {
        try startAfresh()
        let connection = try warmConnection()
        let sample = try measure("baseline", 20, on: connection, expecting: 201)
        print("\n\(LatencySample.table([sample]))\n")
        XCTAssertEqual(try orders("?status=notified").count, 21)
        XCTAssertEqual(try notifications().count, 21)
        try assertConservation()
    }

    func testDelayOfInventoryReachesEveryClient() throws {
        try startAfresh()
        let connection = try warmConnection()
        let baseline = try measure("baseline", 20, on: connection, expecting: 201)
        try setDelay(2, .inventory)
        let delayed = try measure("inventory + 2 s", 20, on: connection, expecting: 201)
        print("\n\(LatencySample.table([baseline, delayed]))")
        print("mean increase per request: \(Int((delayed.mean - baseline.mean).rounded())) ms\n")
        XCTAssertGreaterThanOrEqual(delayed.minimum, 2000, "no request may get around the delay")
        XCTAssertLessThan(baseline.mean, 2000, "without the delay there is none")
        try assertConservation()
    }

    func testFailureOfInventoryFailsEveryOrder() throws {
        try startAfresh()
        try setFailure(true, .inventory)
        for _ in 0..<5 {
            let answer = try order()
            assertError(answer, 422, "inventory_error")
            XCTAssertEqual(answer.text("status"), "failed")
        }
        XCTAssertEqual(try orders("?status=failed").count, 5)
        XCTAssertEqual(try notifications().count, 0, "nobody is told of an order that failed")
        XCTAssertEqual(try stock(), 100)

        try setFailure(false, .inventory)
        XCTAssertEqual(try order().status, 201, "once the fault is gone, orders succeed again")
        try assertConservation()
    }
}
