import Foundation
import LabTesting
import ServiceKitTesting
import XCTest

@testable import ServiceKit

/// How a server stops: what was accepted is answered, nothing new is taken.
final class HTTPServerDrainTests: XCTestCase {
    private static let gated = "POST /gated HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"

    /// Waits until the server has closed its listener: whoever connects now is refused, and does not wait for nothing.
    private func assertNewClientsAreRefused(_ server: RunningServer, line: UInt = #line) {
        var last = "connected"
        let areRefused = Lab.eventually(within: patience) {
            do throws(HTTPConnection.Failure) {
                _ = try HTTPConnection(port: server.port)
                return false
            } catch {
                last = error.description
                return last.contains("refused")
            }
        }
        XCTAssertTrue(areRefused, last, line: line)
    }

    func testAServerWithoutClientsStops() throws {
        let server = try RunningServer()
        server.beginDraining()
        XCTAssertEqual(server.waitUntilDrained(), 0)
        server.stop()
        assertNewClientsAreRefused(server)
    }

    func testRequestsInFlightAreAnsweredAndTheirConnectionsClosed() throws {
        let server = try RunningServer()
        let connections = try (0..<50).map { _ in try server.connect() }
        for connection in connections { try connection.write(Self.gated) }
        server.waitForRequestsInFlight(50)
        server.beginDraining()
        assertNewClientsAreRefused(server)
        XCTAssertEqual(server.requestsInFlight, 50)
        server.gate.open()
        for connection in connections {
            let reply = try connection.reply()
            XCTAssertEqual(reply.status, 200)
            XCTAssertEqual(reply.headers["connection"]?.lowercased(), "close")
            connection.assertIsClosed()
        }
        XCTAssertEqual(server.waitUntilDrained(), 0)
        server.stop()
    }

    func testIdleConnectionsAreClosed() throws {
        // So that they are not closed because draining was given up.
        let server = try RunningServer(secondsToDrain: 3_600)
        let connections = try (0..<20).map { _ in try server.connect() }
        for connection in connections {
            let reply = try connection.send("GET", "/hello")
            XCTAssertEqual(reply.status, 200)
            XCTAssertNil(reply.headers["connection"], "kept alive before")
        }
        let silent = try server.connect()
        server.beginDraining()
        for connection in connections { connection.assertIsClosed() }
        silent.assertIsClosed()
        XCTAssertEqual(server.waitUntilDrained(), 0)
        server.stop()
    }

    func testConnectionsThatWaitToBeAcceptedAreServed() throws {
        try assertServesThoseThatWait("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello")
    }

    func testConnectionsForOneRequestThatWaitToBeAcceptedAreServed() throws {
        try assertServesThoseThatWait("POST /echo HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello")
    }

    private func assertServesThoseThatWait(_ request: String, line: UInt = #line) throws {
        let server = try RunningServer()
        defer { server.stop() }
        var connections: [HTTPConnection] = []
        // The kernel connects them, but the server cannot accept them before it begins to drain.
        try server.whileTheLoopIsHeld {
            for _ in 0..<300 {
                connections.append(try server.connect())
                try connections.last?.write(request)
            }
            server.beginDraining()
        }
        for connection in connections {
            XCTAssertEqual(try connection.reply().text, "hello", line: line)
            connection.assertIsClosed(line: line)
        }
        XCTAssertEqual(server.waitUntilDrained(), 0, line: line)
    }

    func testARequestThatComesInPiecesIsFinished() throws {
        let server = try RunningServer()
        let (connection, holding) = (try server.connect(), try server.connect())
        try holding.write(Self.gated)
        try connection.write("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nfirst")
        server.waitForRequestsInFlight(2)
        server.beginDraining()
        assertNewClientsAreRefused(server)
        try connection.write("later")
        let reply = try connection.reply()
        XCTAssertEqual(reply.text, "firstlater")
        XCTAssertEqual(reply.headers["connection"]?.lowercased(), "close")
        server.gate.open()
        XCTAssertEqual(try holding.reply().status, 200)
        XCTAssertEqual(server.waitUntilDrained(), 0)
        server.stop()
    }

    func testRequestsThatTakeTooLongAreCounted() throws {
        let server = try RunningServer(secondsToDrain: 0.2)
        let connections = try (0..<3).map { _ in try server.connect() }
        for connection in connections { try connection.write(Self.gated) }
        server.waitForRequestsInFlight(3)
        server.beginDraining()
        XCTAssertEqual(server.waitUntilDrained(), 3)
        server.gate.open()
        for connection in connections { XCTAssertEqual(try connection.reply().status, 200) }
        server.stop()
    }

    func testAClientThatLeftDoesNotHoldUpTheEnd() throws {
        let server = try RunningServer()
        var connection: HTTPConnection? = try server.connect()
        try connection?.write(Self.gated)
        server.waitForRequestsInFlight(1)
        connection = nil
        server.beginDraining()
        server.gate.open()
        XCTAssertEqual(server.waitUntilDrained(), 0)
        server.stop()
    }
}
