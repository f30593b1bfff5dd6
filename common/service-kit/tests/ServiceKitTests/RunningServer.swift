import Foundation
import LabTesting
import ServiceKitTesting
import StrictJSON
import XCTest

@testable import ServiceKit

/// A server with a thread, a loop and a port of its own, for as long as one test needs it.
///
/// It knows `GET /hello`, `POST /echo`, the administration of faults, `POST /work` that they act on, and `POST /gated`
/// that answers once ``gate`` is open.
///
/// `@unchecked Sendable`: what changes is written on the loop's thread, before the semaphore that its readers wait for.
final class RunningServer: @unchecked Sendable {
    let loop = EventLoop()
    let faults = Faults()
    let gate = Gate()
    /// The bodies that the handler of `POST /work` got to see.
    let worked = Recorder<String>()
    let port: Int
    private var server: HTTPServer?
    private var failure: (any Error)?
    private var unanswered = 0
    private let mustStop = Gate()
    private let hasStarted = DispatchSemaphore(value: 0)
    private let hasDrained = DispatchSemaphore(value: 0)
    private let hasStopped = DispatchSemaphore(value: 0)

    /// Starts it, and returns once it serves.
    ///
    /// - Parameter secondsToDrain: how long it waits for requests in flight when it is told to stop.
    init(
        limits: HTTPServer.Limits = HTTPServer.Limits(), secondsToDrain: Double = patience,
        _ addRoutes: (inout Router) -> Void = { _ in }
    ) throws {
        let listener = try HTTPListener(host: "127.0.0.1", port: 0)
        port = listener.port
        var router = Router()
        router.get("/hello") { _ in .object { $0.field("hello", "there") } }
        router.post("/echo") { HTTPResponse(contentType: "application/octet-stream", body: $0.body) }
        for route in faults.routes(quiet) { router.add(route) }
        router.postWork("/work", faults) { [worked] request in
            worked.add(String(decoding: request.body, as: UTF8.self))
            return .object { $0.field("done", true) }
        }
        router.post("/gated") { [gate] _ in
            await gate.wait()
            return .object { $0.field("done", true) }
        }
        addRoutes(&router)
        Thread.detachNewThread { [self, router] in
            loop.run { await self.serve(listener, router, limits, secondsToDrain) }
            hasStopped.signal()
        }
        hasStarted.wait()
        if let failure { throw failure }
    }

    private func serve(
        _ listener: HTTPListener, _ router: Router, _ limits: HTTPServer.Limits, _ secondsToDrain: Double
    ) async {
        do {
            let server = try HTTPServer(on: loop, listener: listener, router: router, log: quiet, limits: limits)
            self.server = server
            hasStarted.signal()
            await mustStop.wait()
            unanswered = await server.drain(until: EventLoop.now() + EventLoop.Nanoseconds(secondsToDrain * 1e9))
            hasDrained.signal()
            // libmicrohttpd cannot stop while a request is suspended.
            while server.inFlight > 0 { await loop.sleep(seconds: 0.01) }
            server.stop()
        } catch {
            failure = error
            hasStarted.signal()
        }
    }

    /// These servers have routes of tests, which no description tells of.
    func connect() throws -> HTTPConnection {
        try HTTPConnection(port: port, timeout: Int(patience), isChecked: false)
    }

    /// Sends one request on a connection of its own.
    func send(
        _ method: String, _ path: String, body: String? = nil, headers: [String: String] = [:]
    ) throws -> HTTPConnection.Reply {
        try connect().send(method, path, body: body, headers: headers)
    }

    /// How many requests have begun and not ended.
    var requestsInFlight: Int {
        let answer = Recorder<Int>()
        let isAnswered = DispatchSemaphore(value: 0)
        loop.perform { [self] in
            answer.add(server?.inFlight ?? 0)
            isAnswered.signal()
        }
        XCTAssertEqual(isAnswered.wait(timeout: .now() + patience), .success, "the loop hangs")
        return answer.all.first ?? 0
    }

    /// Waits until so many requests are in flight.
    func waitForRequestsInFlight(_ count: Int, file: StaticString = #filePath, line: UInt = #line) {
        let isReached = Lab.eventually(within: patience) { requestsInFlight == count }
        XCTAssertTrue(isReached, "\(requestsInFlight) are in flight, not \(count)", file: file, line: line)
    }

    /// Does something while the loop stands still, and so the server takes notice of nothing.
    func whileTheLoopIsHeld(_ work: () throws -> Void) rethrows {
        let (isHeld, mayGoOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        loop.perform {
            isHeld.signal()
            mayGoOn.wait()
        }
        isHeld.wait()
        defer { mayGoOn.signal() }
        try work()
    }

    /// Tells it to drain and then stop, and does not wait for that.
    func beginDraining() { mustStop.open() }

    /// Waits until it has drained, or given up draining.
    ///
    /// - Returns: the requests that were unanswered then.
    func waitUntilDrained(file: StaticString = #filePath, line: UInt = #line) -> Int {
        let ended = hasDrained.wait(timeout: .now() + 2 * patience)
        XCTAssertEqual(ended, .success, "the server did not drain", file: file, line: line)
        return unanswered
    }

    /// Stops it, and fails where it does not.
    func stop(file: StaticString = #filePath, line: UInt = #line) {
        beginDraining()
        let ended = hasStopped.wait(timeout: .now() + 2 * patience)
        XCTAssertEqual(ended, .success, "the server did not stop", file: file, line: line)
    }
}

extension HTTPConnection {
    /// Fails unless the server closes the connection without sending anything more.
    func assertIsClosed(_ message: String = "", file: StaticString = #filePath, line: UInt = #line) {
        do throws(Failure) {
            let rest = try readToEnd()
            XCTAssertEqual(String(decoding: rest, as: UTF8.self), "", message, file: file, line: line)
        } catch {
            // A server that closes with bytes unread resets the connection, which is closed for all that.
            XCTAssertNotEqual(error.description, "timed out", message, file: file, line: line)
        }
    }
}
