import Foundation
import HTTPClient
import LabTesting
import XCTest

/// Many calls at once on one thread.
final class HTTPClientLoadTests: XCTestCase {
    private var threads: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? .max }

    override func setUp() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 8192)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    func testAThousandCallsWaitAtOnceWithoutAThreadEach() throws {
        let server = server { _ in .hold }
        let client = try client()
        let endpoint = Endpoint(server.url, "/", timeout: 300)
        let before = threads
        let calls = (0..<1_000).map { client.start(endpoint, "\($0)", requestID: "r-\($0)") }
        XCTAssertTrue(server.holds(1_000), "all must be waiting at the same time")
        XCTAssertLessThan(threads, before + 50)
        XCTAssertFalse(calls.contains { $0.isDone })
        server.answerHeld(.reply(200, "here"))
        for call in calls { XCTAssertEqual(try call.value().text, "here") }
        XCTAssertEqual(Set(server.requests.map(\.body)), Set((0..<1_000).map(String.init)))
        for request in server.requests { XCTAssertEqual(request.headers["x-request-id"], "r-" + request.body) }
    }

    func testAThousandCallsTimeOutTogether() throws {
        let server = server { _ in .hold }
        let client = try client()
        let endpoint = Endpoint(server.url, "/", timeout: 1)
        for call in (0..<1_000).map({ _ in client.start(endpoint) }) { try assertFails(call, .timedOut) }
    }

    func testRepliesReachTheirOwnCalls() throws {
        let server = server { .reply(200, $0.body) }
        let client = try client()
        let endpoint = Endpoint(server.url, "/", timeout: 60)
        for round in 0..<20 {
            let calls = (0..<100).map { client.start(endpoint, "\(round)-\($0)") }
            for (number, call) in calls.enumerated() { XCTAssertEqual(try call.value().text, "\(round)-\(number)") }
        }
        XCTAssertLessThanOrEqual(Set(server.requests.map(\.connection)).count, 100, "connections are used again")
    }
}
