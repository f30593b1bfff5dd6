import LabTesting
import ServiceKit
import Synchronization
internal import Tracing
import XCTest

@testable import HTTPClient

/// Calls that end because their caller, or the client, gives up.
final class HTTPClientCancellationTests: XCTestCase {
    func testCancellingOneCallLeavesTheOthers() throws {
        let server = server { _ in .hold }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 60))
        let calls = (0..<5).map { client.start(endpoint, "\($0)") }
        XCTAssertTrue(server.holds(5))
        calls[2].cancel()
        try assertFails(calls[2], .cancelled, mayHaveArrived: true)
        XCTAssertTrue(server.holds(4), "its connection is closed")
        XCTAssertFalse(calls.enumerated().contains { $0 != 2 && $1.isDone })
        server.answerHeld(.reply(200, "still here"))
        for (number, call) in calls.enumerated() where number != 2 {
            XCTAssertEqual(try call.value().text, "still here", "\(number)")
        }
    }

    func testACallOfACancelledTaskEndsAtOnce() throws {
        let server = server { _ in .hold }
        let client = try client()
        let (http, endpoint) = (client.client, Endpoint(server.url, "/", timeout: 60))
        let call = client.running.start {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await http.post(endpoint, [], RequestContext(requestID: "r-1"))
        }
        try assertFails(call, .cancelled)
    }

    func testACancellationThatComesTooLateDoesNotHitTheNextCallOfTheHandle() throws {
        /// Acts between the end of the first call and the moment its task goes on.
        final class Interloper: EventSource, @unchecked Sendable {
            let deadline: EventLoop.Nanoseconds? = nil
            let endpoint: Endpoint
            let act: () -> Void
            var hasActed = false

            init(_ endpoint: Endpoint, _ act: @escaping () -> Void) { (self.endpoint, self.act) = (endpoint, act) }

            func takeTurn() {
                guard !hasActed, !endpoint.idle.isEmpty else { return }
                hasActed = true
                act()
            }
        }
        let server = server { $0.body == "second" ? .hold : .reply(200, $0.body) }
        let client = try client()
        let (http, loop, endpoint) = (client.client, client.running.loop, Endpoint(server.url, "/", timeout: 60))
        let second = try client.running.run {
            let first = Task(executorPreference: loop) {
                try await http.post(endpoint, [], RequestContext(requestID: "r-1")).status
            }
            return await withCheckedContinuation { (started: CheckedContinuation<Task<HTTPReply, any Error>, Never>) in
                loop.add(
                    Interloper(endpoint) {
                        first.cancel()
                        let second = Task.immediate(executorPreference: loop) {
                            try await http.post(endpoint, Array("second".utf8), RequestContext(requestID: "r-2"))
                        }
                        started.resume(returning: second)
                    })
            }
        }
        XCTAssertTrue(server.holds(1))
        server.answerHeld(.reply(200, "not cancelled"))
        XCTAssertEqual(try client.running.run { try await second.value }.text, "not cancelled")
    }

    func testCancellingAllCallsLeavesTheClientInUse() throws {
        let server = server { $0.body == "wait" ? .hold : .reply() }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 60))
        let calls = (0..<5).map { _ in client.start(endpoint, "wait") }
        XCTAssertTrue(server.holds(5))
        let http = client.client
        try client.running.run { await http.cancelCalls() }
        XCTAssertTrue(calls.allSatisfy(\.isDone), "those who made them have gone on")
        for call in calls { try assertFails(call, .cancelled, mayHaveArrived: true) }
        XCTAssertEqual(try client.post(endpoint).status, 200)
    }

    // MARK: Closing

    func testClosingTheClientEndsEveryPendingCall() throws {
        let server = server { _ in .hold }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 60))
        let calls = (0..<20).map { _ in client.start(endpoint) }
        XCTAssertTrue(server.holds(20))
        try client.close()
        for call in calls { try assertFails(call, .cancelled, mayHaveArrived: true) }
        XCTAssertTrue(server.holds(0), "the connections are closed")
    }

    func testAClosedClientRefusesCalls() throws {
        let server = server { _ in .reply() }
        let client = try client()
        try client.close()
        try assertFails(client.start(Endpoint(server.url, "/", timeout: 30)), .cancelled, mayHaveArrived: false)
        XCTAssertEqual(server.requests.count, 0)
    }

    func testClosingTwiceIsHarmless() throws {
        let client = try client()
        try client.close()
        try client.close()
    }
}
