import HTTPClient
import LabTesting
import Tracing
import XCTest

/// What goes out and what comes back, as long as the other side keeps to HTTP.
final class HTTPClientReplyTests: XCTestCase {
    func testARequestIsAPostWithJSONAndItsRequestID() throws {
        let server = server { _ in .reply() }
        try client().post(Endpoint(server.url, "/reserve", timeout: 30), #"{"a":"ä"}"#, requestID: "id-!~")
        let request = try XCTUnwrap(server.requests.first)
        XCTAssertEqual(request.method, "POST")
        XCTAssertEqual(request.path, "/reserve")
        XCTAssertEqual(request.body, #"{"a":"ä"}"#)
        XCTAssertEqual(request.headers["content-type"], "application/json")
        XCTAssertEqual(request.headers["content-length"], "10")
        XCTAssertEqual(request.headers["x-request-id"], "id-!~")
        XCTAssertEqual(request.headers["host"], "127.0.0.1:\(server.port)")
    }

    func testEachCallOfAHandleCarriesItsOwnRequestID() throws {
        let server = server { _ in .reply() }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
        let ids = [String(repeating: "x", count: 128), "short", "1", String(repeating: "y", count: 127)]
        for id in ids { try client.post(endpoint, requestID: id) }
        XCTAssertEqual(server.requests.map { $0.headers["x-request-id"] }, ids)
    }

    func testEachCallIsASpanOfItsOwnInTheTrace() throws {
        let server = server { _ in .reply() }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
        let longest = String(repeating: "s", count: 512)
        for state in ["a=1,b=2", nil, longest, nil] {
            let trace = TraceContext.received(
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", state: state)
            try client.post(endpoint, context: RequestContext(requestID: "r", trace: trace))
            let headers = try XCTUnwrap(server.requests.last).headers
            let sent = TraceContext.received(traceparent: headers["traceparent"], state: nil)
            XCTAssertEqual(sent.traceID, trace.traceID)
            XCTAssertNotEqual(sent.parentSpanID, trace.spanID, "the call's own span, not that of the request")
            XCTAssertEqual(
                headers["tracestate"], state, "it goes on as it came, and none goes along with the next call")
        }
        XCTAssertEqual(Set(server.requests.map { $0.headers["traceparent"] }).count, 4)
    }

    func testBodiesOfAnySizeArriveWhole() throws {
        let server = server { .reply(200, "\($0.body.utf8.count)") }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
        for size in [0, 1, 511, 512, 513, 5_000, 60_000, 3] {
            let body = String(repeating: "b", count: size)
            XCTAssertEqual(try client.post(endpoint, body).text, "\(size)")
            XCTAssertEqual(server.requests.last?.body, body)
        }
    }

    func testAReplyIsGivenWhateverItsStatus() throws {
        let server = server { .reply(Int($0.body)!, #"{"status":\#($0.body)}"#) }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
        for (status, isSuccess) in [
            (200, true), (201, true), (299, true), (300, false), (302, false), (404, false), (409, false), (500, false),
            (503, false),
        ] {
            let reply = try client.post(endpoint, "\(status)")
            XCTAssertEqual(reply.status, status)
            XCTAssertEqual(reply.text, #"{"status":\#(status)}"#)
            XCTAssertEqual(reply.isSuccess, isSuccess, "\(status)")
        }
    }

    func testRedirectsAreNotFollowed() throws {
        let server = server { _ in
            .bytes("HTTP/1.1 307 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
        }
        XCTAssertEqual(try client().post(Endpoint(server.url, "/", timeout: 30)).status, 307)
        XCTAssertEqual(server.requests.map(\.path), ["/"])
    }

    func testAChunkedReplyIsPutTogether() throws {
        let server = server { _ in .chunked("{\"a\"", ":", "1}") }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
        XCTAssertEqual(try client.post(endpoint).text, #"{"a":1}"#)
        XCTAssertEqual(try client.post(endpoint).text, #"{"a":1}"#)
        XCTAssertEqual(server.requests.map(\.connection), [0, 0], "the connection is kept")
    }

    func testAReplyThatEndsWithItsConnectionIsTaken() throws {
        let server = server { _ in .bytes("HTTP/1.1 200 OK\r\n\r\n{}", then: .close) }
        XCTAssertEqual(try client().post(Endpoint(server.url, "/", timeout: 30)).text, "{}")
    }

    func testContinueBeforeTheReplyIsSkipped() throws {
        let server = server { _ in .bytes("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 OK\r\nContent-Length: 2\r\n\r\n{}")
        }
        let reply = try client().post(Endpoint(server.url, "/", timeout: 30))
        XCTAssertEqual(reply.status, 201)
        XCTAssertEqual(reply.text, "{}")
    }

    func testAReplyOf64KiBIsTakenAndOneByteMoreIsNot() throws {
        let server = server { .reply(200, String(repeating: "x", count: Int($0.body)!)) }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
        XCTAssertEqual(try client.post(endpoint, "65536").body.count, 65536)
        try assertFails(client.start(endpoint, "65537"), .replyTooLarge, mayHaveArrived: true)
        XCTAssertEqual(try client.post(endpoint, "3").text, "xxx", "the handle is as good as new")
    }

    func testAReplyWithoutEndIsCutOffThoughItIsChunked() throws {
        let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
        let endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + String(repeating: chunk, count: 64)
        let server = server { _ in .bytes(endless) }
        try assertFails(client().start(Endpoint(server.url, "/", timeout: 30)), .replyTooLarge, mayHaveArrived: true)
    }

    func testNothingOfOneReplyGetsIntoTheNext() throws {
        let server = server { .reply(200, $0.body) }
        let (client, endpoint) = (try client(), Endpoint(server.url, "/", timeout: 30))
        for body in ["a long body that comes first", "short", "", "last"] {
            XCTAssertEqual(try client.post(endpoint, body).text, body)
        }
    }

    func testProxiesInTheEnvironmentAreIgnored() throws {
        let proxy = server { _ in .reply(299, "the proxy") }
        let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        for name in names { setenv(name, "http://127.0.0.1:\(proxy.port)", 1) }
        defer { for name in names { unsetenv(name) } }
        let server = server { _ in .reply(200, "the server") }
        XCTAssertEqual(try client().post(Endpoint(server.url, "/", timeout: 30)).text, "the server")
        XCTAssertEqual(proxy.requests.count, 0)
    }
}
