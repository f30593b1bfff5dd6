import LabTesting
import XCTest

@testable import ServiceKit

/// A service's routes over a real HTTP server on a free port.
final class RunningService: Sendable {
    let running: RunningLoop
    let port: Int
    let faults: Faults
    private let server: HTTPServer

    /// Serves the router that `routes` makes on the loop's thread.
    init(
        on running: RunningLoop = RunningLoop(), faults: Faults = Faults(), log: Logger = .quiet,
        _ routes: @escaping @Sendable (Faults) -> Router
    ) throws {
        let listener = try HTTPListener(host: "127.0.0.1", port: 0)
        port = listener.port
        self.running = running
        self.faults = faults
        server = try running.run {
            var router = routes(faults)
            // As every service has it, so that what it answers is held against it.
            router.describe(as: ServiceDescription("Test", "The routes of one service."))
            return try HTTPServer(on: running.loop, listener: listener, router: router, log: log)
        }
    }

    /// Opens a connection of its own.
    func connect() throws -> HTTPConnection { try HTTPConnection(port: port) }

    /// Sends one request on a new connection.
    func send(
        _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:]
    ) throws -> HTTPConnection.Reply {
        try connect().send(method, path, body: body, headers: headers)
    }

    /// Sends one POST on a new connection.
    func post(_ path: String, _ body: String, headers: [String: String] = [:]) throws -> HTTPConnection.Reply {
        try send("POST", path, body, headers: headers)
    }

    /// Sends one POST on a new connection, and leaves it to the caller to wait for the reply.
    func begin(_ path: String, _ body: String, headers: [String: String] = [:]) throws -> HTTPConnection {
        let connection = try connect()
        try connection.begin("POST", path, body: body, headers: headers)
        return connection
    }

    /// Waits until so many requests are being handled.
    func isHandling(_ count: Int) throws -> Bool {
        let server = server
        return try Lab.eventually { try running.run { server.inFlight } == count }
    }

    /// Answers what is in hand, calls `last` on the loop, and ends the loop.
    func stop(_ last: @escaping @Sendable () -> Void = {}) throws {
        let server = server
        let unanswered = try running.run {
            let unanswered = await server.drain(until: EventLoop.now() &+ 30_000_000_000)
            server.stop()
            last()
            return unanswered
        }
        XCTAssertEqual(unanswered, 0, "a request was never answered")
        running.stop()
    }
}

extension Logger {
    /// Says nothing unless something is really wrong.
    static let quiet = Logger(service: "test", level: .error)
}
