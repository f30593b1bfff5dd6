import HTTPClient
import LabTesting
import XCTest

/// How a call ends that gets no reply: what the caller may conclude from the error.
final class HTTPClientFailureTests: XCTestCase {
    private func endpoint(_ server: ScriptedServer, timeout: Double = 30) -> Endpoint {
        Endpoint(server.url, "/", timeout: timeout)
    }

    // MARK: Could not connect

    func testWithNobodyListeningNothingCanHaveArrived() throws {
        let socket = TestSocket()
        defer { socket.close() }
        let url = try XCTUnwrap(BaseURL("http://127.0.0.1:\(socket.port)"))
        try assertFails(
            client().start(Endpoint(url, "/", timeout: 30)), .couldNotConnect, mayHaveArrived: false)
    }

    func testAnUnknownNameIsNoConnection() throws {
        // A label of more than 63 characters cannot exist, so no name server is asked.
        let url = try XCTUnwrap(BaseURL("http://" + String(repeating: "x", count: 64) + ".invalid"))
        try assertFails(client().start(Endpoint(url, "/", timeout: 60)), .couldNotConnect, mayHaveArrived: false)
    }

    func testAServerThatComesUpIsReachedByTheNextCall() throws {
        let server = server { _ in .reply() }
        server.stopListening()
        let client = try client()
        let endpoint = endpoint(server)
        try assertFails(client.start(endpoint), .couldNotConnect, mayHaveArrived: false)
        server.listenAgain()
        XCTAssertEqual(try client.post(endpoint).status, 200)
    }

    // MARK: Timed out

    func testAConnectionThatTakesTooLongTimesOutAndNothingCanHaveArrived() throws {
        let queue = FullQueue()
        defer { queue.close() }
        XCTAssertTrue(queue.isFull, "connecting must hang for this test")
        let url = try XCTUnwrap(BaseURL("http://127.0.0.1:\(queue.socket.port)"))
        let start = ContinuousClock.now
        try assertFails(client().start(Endpoint(url, "/", timeout: 0.3)), .timedOut, mayHaveArrived: false)
        XCTAssertGreaterThanOrEqual(ContinuousClock.now - start, .seconds(0.3))
    }

    func testAReplyThatTakesTooLongTimesOutAndTheRequestMayHaveArrived() throws {
        let server = server { _ in .hold }
        let start = ContinuousClock.now
        try assertFails(client().start(endpoint(server, timeout: 1)), .timedOut, mayHaveArrived: true)
        XCTAssertGreaterThanOrEqual(ContinuousClock.now - start, .seconds(1))
    }

    func testHalfAReplyTimesOut() throws {
        let server = server { _ in .bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}") }
        try assertFails(client().start(endpoint(server, timeout: 1)), .timedOut, mayHaveArrived: true)
    }

    func testAReplyThatComesTooLateIsNotTakenForTheNextOne() throws {
        let server = server { $0.body == "late" ? .hold : .reply(200, "in time") }
        let client = try client()
        try assertFails(client.start(endpoint(server, timeout: 1), "late"), .timedOut)
        server.answerHeld(.reply(200, "too late"))
        let reply = try client.post(endpoint(server))
        XCTAssertEqual(reply.text, "in time")
        XCTAssertEqual(server.requests.last?.connection, 1, "the connection with a reply under way is given up")
    }

    func testEachEndpointHasItsOwnTimeLimit() throws {
        let server = server { _ in .hold }
        let client = try client()
        let patient = client.start(endpoint(server, timeout: 60))
        XCTAssertTrue(server.holds(1))
        try assertFails(client.start(endpoint(server, timeout: 0.1)), .timedOut)
        XCTAssertFalse(patient.isDone)
        server.answerHeld(.reply(200, "at last"))
        XCTAssertEqual(try patient.value().text, "at last")
    }

    // MARK: Broken

    func testAConnectionThatEndsBeforeTheReplyIsBroken() throws {
        for action in [ScriptedAction.close, .reset] {
            let server = server { _ in action }
            try assertFails(client().start(endpoint(server)), .broken, mayHaveArrived: true)
            XCTAssertEqual(server.requests.count, 1, "a new connection is not tried twice")
        }
    }

    func testAConnectionThatEndsWithinTheReplyIsBroken() throws {
        for part in [
            "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        ] {
            for ending in [ScriptedAction.Ending.close, .reset] {
                let server = server { _ in .bytes(part, then: ending) }
                try assertFails(client().start(endpoint(server)), .broken, mayHaveArrived: true)
            }
        }
    }

    func testWhatIsNoHTTPIsBroken() throws {
        for garbage in ["garbage\r\n\r\n", "\u{0}\u{1}\u{2}\r\n", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 abc\r\n\r\n"] {
            let server = server { _ in .bytes(garbage, then: .close) }
            try assertFails(client().start(endpoint(server)), .broken, mayHaveArrived: true)
        }
    }

    func testAFailureSaysWhatLibcurlSays() throws {
        let server = server { _ in .close }
        XCTAssertThrowsError(try client().post(endpoint(server))) {
            let text = ($0 as? HTTPClientError)?.description ?? ""
            XCTAssertTrue(text.hasSuffix("(libcurl 52)"), text)
        }
    }

    func testAHandleIsAsGoodAsNewAfterEachFailure() throws {
        let server = server {
            switch $0.body {
            case "close": .close
            case "reset": .reset
            case "half": .bytes("HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\nhalf", then: .close)
            case "garbage": .bytes("garbage", then: .close)
            default: .reply(200, $0.body)
            }
        }
        let (client, endpoint) = (try client(), endpoint(server))
        for (number, failure) in ["close", "reset", "half", "garbage"].enumerated() {
            try assertFails(client.start(endpoint, failure), .broken)
            let reply = try client.post(endpoint, "\(number)")
            XCTAssertEqual(reply.status, 200, failure)
            XCTAssertEqual(reply.text, "\(number)", failure)
        }
    }
}
