import HTTPClient
import LabTesting
import XCTest

/// Connections that are kept alive between two calls, and what happens when they die.
final class KeptConnectionTests: XCTestCase {
    func testCallsOneAfterAnotherShareAConnection() throws {
        let server = server { _ in .reply() }
        let client = try client()
        let (reserve, release) = (
            Endpoint(server.url, "/reserve", timeout: 30), Endpoint(server.url, "/release", timeout: 30)
        )
        for _ in 0..<10 {
            try client.post(reserve)
            try client.post(release)
        }
        XCTAssertEqual(server.requests.count, 20)
        XCTAssertEqual(Set(server.requests.map(\.connection)), [0], "also those of different endpoints")
    }

    func testCallsAtOnceHaveAConnectionEachAndTheseAreUsedAgain() throws {
        let server = server { $0.body == "wait" ? .hold : .reply() }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 60))
        let calls = (0..<5).map { _ in client.start(endpoint, "wait") }
        XCTAssertTrue(server.holds(5))
        XCTAssertEqual(Set(server.requests.map(\.connection)), [0, 1, 2, 3, 4])
        server.answerHeld(.reply())
        for call in calls { XCTAssertEqual(try call.value().status, 200) }
        for _ in 0..<10 { try client.post(endpoint) }
        XCTAssertEqual(Set(server.requests.map(\.connection)), [0, 1, 2, 3, 4], "no sixth one")
    }

    func testAConnectionThatTheServerGivesUpIsNotUsedAgain() throws {
        let server = server { _ in
            .bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", then: .close)
        }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
        for _ in 0..<3 { XCTAssertEqual(try client.post(endpoint).status, 200) }
        XCTAssertEqual(server.requests.map(\.connection), [0, 1, 2])
    }

    func testAConnectionThatDiedMeanwhileIsReplaced() throws {
        for ending in [ScriptedAction.Ending.close, .reset] {
            let server = server { _ in .bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", then: ending) }
            let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
            for _ in 0..<3 { XCTAssertEqual(try client.post(endpoint).status, 200) }
            XCTAssertEqual(server.requests.map(\.connection), [0, 1, 2])
        }
    }

    // MARK: Dying under a request

    func testARequestIsSentAgainWhenItsKeptConnectionDiesUnderIt() throws {
        for death in [ScriptedAction.close, .reset] {
            let server = server { $0.connection == 0 && $0.body == "second" ? death : .reply(200, $0.body) }
            let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
            try client.post(endpoint, "first", requestID: "r-1")
            XCTAssertEqual(try client.post(endpoint, "second", requestID: "r-2").text, "second")
            XCTAssertEqual(server.requests.map(\.body), ["first", "second", "second"])
            XCTAssertEqual(server.requests.map(\.connection), [0, 0, 1])
            XCTAssertEqual(server.requests.map { $0.headers["x-request-id"] }, ["r-1", "r-2", "r-2"])
        }
    }

    func testRefusalOfTheSecondAttemptDoesNotHideThatTheFirstMayHaveArrived() throws {
        for death in [ScriptedAction.close, .reset] {
            let server = server { $0.body == "second" ? .hold : .reply() }
            let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 60))
            try client.post(endpoint, "first")
            let call = client.start(endpoint, "second")
            XCTAssertTrue(server.holds(1))
            server.stopListening()
            server.answerHeld(death)
            try assertFails(call, .couldNotConnect, mayHaveArrived: true)
            try assertFails(client.start(endpoint, "third"), .couldNotConnect, mayHaveArrived: false)
        }
    }

    func testASecondAttemptThatDiesAsWellIsBroken() throws {
        let server = server { $0.body == "second" ? .close : .reply() }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
        try client.post(endpoint, "first")
        try assertFails(client.start(endpoint, "second"), .broken, mayHaveArrived: true)
        XCTAssertEqual(server.requests.map(\.body), ["first", "second", "second"])
    }

    func testASecondAttemptThatIsNotAnsweredTimesOut() throws {
        let server = server { $0.body != "second" ? .reply() : $0.connection == 0 ? .close : .hold }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 1))
        try client.post(Endpoint(server.url, "/", timeout: 30), "first")
        try assertFails(client.start(endpoint, "second"), .timedOut, mayHaveArrived: true)
    }

    // MARK: How many

    func testNoMoreThanTheLimitAreKept() throws {
        let server = server { $0.body == "wait" ? .hold : .reply() }
        let (client, endpoint) = (try client(keptConnections: 4), Endpoint(server.url, "/", timeout: 60))
        let calls = (0..<12).map { _ in client.start(endpoint, "wait") }
        XCTAssertTrue(server.holds(12))
        server.answerHeld(.reply())
        for call in calls { XCTAssertEqual(try call.value().status, 200) }
        try client.post(endpoint)
        XCTAssertTrue(Lab.eventually { server.openConnections <= 4 }, "\(server.openConnections) are open")
    }

    func testClosingTheClientClosesItsConnections() throws {
        let server = server { _ in .reply() }
        let client = try RunningClient()
        try client.post(Endpoint(server.url, "/", timeout: 30))
        XCTAssertEqual(server.openConnections, 1)
        try client.stop()
        XCTAssertTrue(Lab.eventually { server.openConnections == 0 })
    }
}
