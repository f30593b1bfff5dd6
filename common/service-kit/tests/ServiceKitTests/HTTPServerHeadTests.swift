import Foundation
import LabTesting
import ServiceKitTesting
import XCTest

@testable import ServiceKit

/// Heads that two readers could understand differently are refused, and what follows them is not read.
final class HTTPServerHeadTests: XCTestCase {
    /// What stands after the refused request: it must not be taken for one.
    private static let smuggled = "POST /work HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\nsmuggled"

    /// Each request is answered with the contract's 400, and its connection is closed without another reply.
    private func assertRefused(_ requests: [String], saying detail: String, line: UInt = #line) throws {
        let server = try RunningServer()
        defer { server.stop() }
        for request in requests {
            let connection = try server.connect()
            try connection.write(request + Self.smuggled)
            let reply = try connection.reply()
            XCTAssertEqual(reply.status, 400, request.debugDescription, line: line)
            XCTAssertEqual(reply.headers["connection"], "close", request.debugDescription, line: line)
            let fields = try json(reply.text)
            XCTAssertEqual(fields["error"] as? String, "bad_request", line: line)
            XCTAssertEqual(fields["detail"] as? String, detail, request.debugDescription, line: line)
            connection.assertIsClosed(request.debugDescription, line: line)
        }
        XCTAssertEqual(server.worked.all, [], "something was smuggled in", line: line)
        XCTAssertEqual(try server.send("GET", "/hello").status, 200, "the server lives on", line: line)
    }

    private func post(_ fields: String..., body: String = "hello") -> String {
        (["POST /work HTTP/1.1", "Host: test"] + fields + ["", body]).joined(separator: "\r\n")
    }

    func testTwoDifferentLengthsAreRefused() throws {
        try assertRefused(
            [
                post("Content-Length: 5", "Content-Length: 6"), post("Content-Length: 6", "content-length: 5"),
                post("Content-Length: 5", "Content-Length: 5", "Content-Length: 0"),
            ], saying: "two different Content-Lengths were given")
    }

    func testTheSameLengthTwiceIsOneLength() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let connection = try server.connect()
        try connection.write(post("Content-Length: 5", "Content-Length: 5"))
        XCTAssertEqual(try connection.reply().status, 200)
        XCTAssertEqual(server.worked.all, ["hello"])
    }

    func testALengthBesideATransferCodingIsRefused() throws {
        let chunks = "5\r\nhello\r\n0\r\n\r\n"
        try assertRefused(
            [
                post("Content-Length: 5", "Transfer-Encoding: chunked", body: chunks),
                post("Transfer-Encoding: chunked", "Content-Length: 15", body: chunks),
                post("TRANSFER-ENCODING: gzip", "Content-Length: 5"),
            ], saying: "Content-Length and Transfer-Encoding must not both be given")
    }

    func testATransferCodingThatIsNotUnderstoodIsRefused() throws {
        try assertRefused(
            ["gzip", "identity", "gzip, chunked", "chunked, chunked", "xchunked", ""].map {
                post("Transfer-Encoding: \($0)", body: "5\r\nhello\r\n0\r\n\r\n")
            } + [post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body: "5\r\nhello\r\n0\r\n\r\n")],
            saying: "Transfer-Encoding must be chunked")
    }

    func testASpaceBeforeTheColonIsRefused() throws {
        try assertRefused(
            [
                post("Content-Length : 5"), post("X-Any\t: 5", "Content-Length: 5"),
                post("Transfer-Encoding : chunked", body: "5\r\nhello\r\n0\r\n\r\n"),
            ], saying: "a header's name must not end in a space")
    }

    func testAHeaderThatHoldsNULIsRefused() throws {
        try assertRefused(
            [
                post("X-Any: a\0b", "Content-Length: 5"), post("X-Any: \0", "Content-Length: 5"),
                post("Content-Length: 5\0"), post("Content-Length: 5", "X-Any: a\0\0"),
                // libmicrohttpd takes a line that begins with NUL for the end of the head.
                post("Content-Length: 5", "\0X-Any: a"),
            ], saying: "a header must have a name, stand on one line and hold no NUL")
    }

    func testAHeaderWithoutANameIsRefused() throws {
        try assertRefused(
            [
                post("Content-Length: 5", ": a", "X-Any: b"), post("Content-Length: 5", ":"),
                "POST /work HTTP/1.1\r\n: a\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello",
            ], saying: "a header must have a name, stand on one line and hold no NUL")
    }

    func testAHeaderOnTwoLinesIsRefused() throws {
        try assertRefused(
            [post("X-Any: a\r\n b", "Content-Length: 5"), post("Content-Length:\r\n\t5")],
            saying: "a header must have a name, stand on one line and hold no NUL")
    }

    /// What libmicrohttpd refuses itself comes without the contract's body, and closes the connection too.
    func testWhatTheLibraryRefusesIsNotHandledEither() throws {
        let server = try RunningServer()
        defer { server.stop() }
        for request in [
            post("Content-Length: x"), post("Content-Length: -1"), post("Content-Length: +5"),
            post("Content-Length: 5, 5"), post("X-Any", "Content-Length: 5"), post("X\0Any: a", "Content-Length: 5"),
            post("Transfer-Encoding: chunked", body: "x\r\nhello\r\n0\r\n\r\n"),
            "POST /work HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "POST /work HTTP/2.0\r\nHost: test\r\n\r\n",
            "POST /work\r\nHost: test\r\n\r\n",
        ] {
            let connection = try server.connect()
            try connection.write(request + Self.smuggled)
            let status = try connection.reply(withBody: false).status
            XCTAssertTrue([400, 505].contains(status), "\(status): \(request.debugDescription)")
            _ = try? connection.readToEnd()
        }
        XCTAssertEqual(server.worked.all, [])
        XCTAssertEqual(try server.send("GET", "/hello").status, 200, "the server lives on")
    }

    func testUnusualHeadsThatAreUnambiguousAreTaken() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let connection = try server.connect()
        for request in [
            post("Content-Length:5"), post("CONTENT-LENGTH:  \t 5"), post("X-Empty:", "Content-Length: 5", "X-Empty:"),
            post("X-Any:  a b  ", "Cookie: a=b; c=d", "X-Any: c", "Content-Length: 5"),
            post("X-Any: a:b\\c\"d\"äöü", "Content-Length: 5"), post("X-Any: 1", "Expect: x", "Content-Length: 5"),
            "POST /work HTTP/1.1\nHost: test\nContent-Length: 5\n\nhello",
            "\r\nPOST /work HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello",
            "POST /work?a=b&c&d=%20%00;e#f HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello",
            "POST /w%6Frk HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello",
        ] {
            try connection.write(request)
            XCTAssertEqual(try connection.reply().status, 200, request.debugDescription)
        }
        XCTAssertEqual(server.worked.all, Array(repeating: "hello", count: 10))
    }

    func testALongHeadInManyPiecesIsTaken() throws {
        let server = try RunningServer()
        defer { server.stop() }
        let connection = try server.connect()
        let fields = (0..<100).map { "X-Field-\($0): \(String(repeating: "x", count: 40))" }.joined(separator: "\r\n")
        let request = [UInt8]("POST /work HTTP/1.1\r\nHost: test\r\n\(fields)\r\nContent-Length: 5\r\n\r\nhello".utf8)
        for _ in 0..<3 {
            for start in stride(from: 0, to: request.count, by: 97) {
                try connection.write(Array(request[start..<min(start + 97, request.count)]))
            }
            XCTAssertEqual(try connection.reply().status, 200)
        }
        XCTAssertEqual(server.worked.count, 3)
    }
}
