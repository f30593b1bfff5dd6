import HTTPClient
import LabTesting
import ServiceKit
import Tracing
import XCTest

/// An HTTP client on a loop of its own.
final class RunningClient: Sendable {
    let running = RunningLoop()
    let client: HTTPClient

    init(keptConnections: Int = 1024) throws {
        let loop = running.loop
        client = try running.run { HTTPClient(on: loop, keptConnections: keptConnections) }
    }

    /// Starts a call and does not wait for it.
    func start(_ endpoint: Endpoint, _ body: String = "{}", requestID: String = "r-1") -> Pending<HTTPReply> {
        start(endpoint, body, context: RequestContext(requestID: requestID))
    }

    /// Starts a call and does not wait for it.
    func start(_ endpoint: Endpoint, _ body: String = "{}", context: RequestContext) -> Pending<HTTPReply> {
        let client = client
        return running.start { try await client.post(endpoint, Array(body.utf8), context) }
    }

    /// Makes a call and waits for its reply.
    @discardableResult
    func post(_ endpoint: Endpoint, _ body: String = "{}", requestID: String = "r-1") throws -> HTTPReply {
        try start(endpoint, body, requestID: requestID).value()
    }

    /// Makes a call and waits for its reply.
    @discardableResult
    func post(_ endpoint: Endpoint, _ body: String = "{}", context: RequestContext) throws -> HTTPReply {
        try start(endpoint, body, context: context).value()
    }

    func close() throws {
        let client = client
        try running.run { client.close() }
    }

    func stop() throws {
        try close()
        running.stop()
    }
}

extension XCTestCase {
    /// Makes a client that is closed after the test.
    func client(keptConnections: Int = 1024) throws -> RunningClient {
        let client = try RunningClient(keptConnections: keptConnections)
        addTeardownBlock { try client.stop() }
        return client
    }
}

extension HTTPReply {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Checks that a call ends without a reply, and how.
///
/// - Throws: where it does not end at all.
func assertFails(
    _ call: Pending<HTTPReply>, _ kind: HTTPClientError.Kind, mayHaveArrived: Bool? = nil,
    file: StaticString = #filePath, line: UInt = #line
) throws {
    do {
        let reply = try call.value()
        XCTFail("got \(reply.status) \(reply.text)", file: file, line: line)
    } catch let error as HTTPClientError {
        XCTAssertEqual(error.kind, kind, error.description, file: file, line: line)
        guard let mayHaveArrived else { return }
        XCTAssertEqual(error.mayHaveArrived, mayHaveArrived, error.description, file: file, line: line)
    }
}
