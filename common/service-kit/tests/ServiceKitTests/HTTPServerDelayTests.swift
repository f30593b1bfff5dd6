import Foundation
import LabTesting
import ServiceKitTesting
import XCTest

@testable import ServiceKit

final class HTTPServerDelayTests: XCTestCase {
    private static let requests = 1_000
    private static let request = "POST /work HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"

    /// A thousand clients and a thousand connections of the server.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 4_096))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        XCTAssertGreaterThan(limit.rlim_cur, 2_100, "ulimit -n is too low for this test")
    }

    private func threads() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }

    func testADelayHoldsNoThread() throws {
        raiseDescriptorLimit()
        let server = try RunningServer()
        defer { server.stop() }
        XCTAssertEqual(try server.send("POST", "/work", body: "").status, 200)
        let before = try threads()
        // A machine that does not get them all to wait within a short delay gets a longer one.
        for seconds in [2.0, 10, 50] {
            server.faults.delaySeconds = seconds
            let start = EventLoop.now()
            let connections = try (0..<Self.requests).map { _ in try server.connect() }
            for connection in connections { try connection.write(Self.request) }
            let allWait = Lab.eventually(within: seconds) { server.requestsInFlight == Self.requests }
            XCTAssertLessThanOrEqual(try threads(), before + 8, "waiting requests hold threads")
            for connection in connections { XCTAssertEqual(try connection.reply().status, 200) }
            XCTAssertGreaterThanOrEqual(Double(EventLoop.now() - start), seconds * 1e9)
            if allWait { return }
        }
        XCTFail("\(Self.requests) requests never waited at once")
    }

    func testRequestsAreTakenWhileAThousandWait() throws {
        raiseDescriptorLimit()
        let server = try RunningServer()
        defer { server.stop() }
        let waiting = try (0..<Self.requests).map { _ in try server.connect() }
        for connection in waiting {
            try connection.write(Self.request.replacing("/work", with: "/gated"))
        }
        server.waitForRequestsInFlight(Self.requests)
        let other = try server.connect()
        for number in 0..<100 {
            XCTAssertEqual(try other.send("POST", "/echo", body: "\(number)").text, "\(number)")
        }
        server.gate.open()
        for connection in waiting { XCTAssertEqual(try connection.reply().status, 200) }
        server.waitForRequestsInFlight(0)
    }

    func testDelayedRequestsAreAllAnsweredWhateverTheirOrder() throws {
        let server = try RunningServer { router in
            router.post("/sleep") { request in
                await request.loop.sleep(seconds: Double.random(in: 0...0.2))
                return HTTPResponse(contentType: "text/plain", body: request.body)
            }
        }
        defer { server.stop() }
        let connections = try (0..<200).map { _ in try server.connect() }
        for (number, connection) in connections.enumerated() {
            let body = "\(number)"
            try connection.write("POST /sleep HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.count)\r\n\r\n\(body)")
        }
        for (number, connection) in connections.enumerated() {
            XCTAssertEqual(try connection.reply().text, "\(number)")
        }
    }
}
