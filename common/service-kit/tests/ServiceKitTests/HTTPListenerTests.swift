import Foundation
import LabTesting
import ServiceKitTesting
import XCTest

@testable import ServiceKit

final class HTTPListenerTests: XCTestCase {
    func testPortZeroIsAnyFreePort() throws {
        let listeners = try (0..<3).map { _ in try HTTPListener(host: "127.0.0.1", port: 0) }
        defer { for listener in listeners { listener.close() } }
        XCTAssertEqual(Set(listeners.map(\.port)).count, 3)
        for listener in listeners {
            XCTAssertTrue((1...65535).contains(listener.port))
            XCTAssertNoThrow(try HTTPConnection(port: listener.port))
        }
    }

    func testAPortThatIsTakenIsNamed() throws {
        let listener = try HTTPListener(host: "127.0.0.1", port: 0)
        defer { listener.close() }
        XCTAssertThrowsError(try HTTPListener(host: "127.0.0.1", port: listener.port)) {
            XCTAssertEqual("\($0)", "cannot listen on 127.0.0.1:\(listener.port): the port is taken")
        }
    }

    func testAPortIsFreeAgainAtOnce() throws {
        let server = try RunningServer()
        let connection = try server.connect()
        XCTAssertEqual(try connection.send("GET", "/hello").status, 200)
        // The server closes first, so that its side of the connection goes to TIME_WAIT.
        server.stop()
        connection.assertIsClosed()
        let listener = try HTTPListener(host: "127.0.0.1", port: server.port)
        XCTAssertEqual(listener.port, server.port)
        listener.close()
    }

    func testAHostMayBeAName() throws {
        let listener = try HTTPListener(host: "localhost", port: 0)
        defer { listener.close() }
        XCTAssertGreaterThan(listener.port, 0)
    }

    func testAHostThatIsNotThisMachineIsNamed() {
        // 192.0.2.0/24 is for documentation: no machine has an address of it.
        XCTAssertThrowsError(try HTTPListener(host: "192.0.2.1", port: 8000)) {
            XCTAssertTrue("\($0)".hasPrefix("cannot listen on 192.0.2.1:8000: "), "\($0)")
        }
        XCTAssertThrowsError(try HTTPListener(host: "no host", port: 8000)) {
            XCTAssertTrue("\($0)".hasPrefix("cannot listen on no host:8000: "), "\($0)")
        }
    }

    func testWhoeverConnectedWaitsToBeAccepted() throws {
        let listener = try HTTPListener(host: "127.0.0.1", port: 0)
        defer { listener.close() }
        XCTAssertFalse(listener.hasWaitingConnection)
        let connection = try HTTPConnection(port: listener.port)
        XCTAssertTrue(Lab.eventually(within: patience) { listener.hasWaitingConnection })
        withExtendedLifetime(connection) {}
    }

    /// 192.0.2.0/24 is nobody's (RFC 5737), and names under invalid are nobody's either (RFC 2606).
    func testAHostThatIsNotThisMachineIsToldFromAPortThatIsTaken() {
        for host in ["192.0.2.1", "nowhere.invalid"] {
            XCTAssertThrowsError(try HTTPListener(host: host, port: 0)) {
                XCTAssertEqual(($0 as? ListenError)?.cause, .host, host)
            }
        }
    }
}
