import Foundation
import LabTesting
import ServiceKitTesting
import XCTest

@testable import ServiceKit

/// A body has 64 KiB at most, whichever way it comes.
final class HTTPServerBodyTests: XCTestCase {
    private static let longest = String(repeating: "x", count: 64 * 1024)
    private static let tooLong = longest + "x"

    private func withServer(_ test: (RunningServer, HTTPConnection) throws -> Void) throws {
        let server = try RunningServer()
        defer { server.stop() }
        try test(server, try server.connect())
        XCTAssertEqual(try server.send("GET", "/hello").status, 200, "the server lives on")
    }

    private func head(_ fields: String..., path: String = "/work") -> String {
        (["POST \(path) HTTP/1.1", "Host: test"] + fields + ["", ""]).joined(separator: "\r\n")
    }

    private func chunked(_ body: String, pieces: Int) -> String {
        let utf8 = Array(body.utf8)
        let length = max(1, (utf8.count + pieces - 1) / pieces)
        var text = ""
        for start in stride(from: 0, to: utf8.count, by: length) {
            let piece = utf8[start..<min(start + length, utf8.count)]
            text += String(piece.count, radix: 16) + "\r\n" + String(decoding: piece, as: UTF8.self) + "\r\n"
        }
        return text + "0\r\n\r\n"
    }

    private func assertTooLarge(_ reply: HTTPConnection.Reply, line: UInt = #line) throws {
        XCTAssertEqual(reply.status, 413, line: line)
        XCTAssertEqual(reply.headers["content-type"], "application/json", line: line)
        XCTAssertEqual(
            try json(reply.text),
            ["error": "payload_too_large", "detail": "the body must not be longer than 64 KiB"], line: line)
    }

    // MARK: With a length

    func testABodyOf64KiBIsTaken() throws {
        try withServer { _, connection in
            let reply = try connection.send("POST", "/echo", body: Self.longest)
            XCTAssertEqual(reply.status, 200)
            XCTAssertEqual(reply.text, Self.longest)
        }
    }

    func testOneByteMoreIs413AndTheConnectionGoesOn() throws {
        try withServer { server, connection in
            try assertTooLarge(try connection.send("POST", "/work", body: Self.tooLong))
            XCTAssertEqual(server.worked.count, 0)
            XCTAssertEqual(try connection.send("POST", "/work", body: "{}").status, 200)
        }
    }

    func testABodyMayHoldAnyBytesAndComeInPieces() throws {
        try withServer { _, connection in
            let body = (0..<1_024).map { UInt8(truncatingIfNeeded: $0) }
            try connection.write(head("Content-Length: 1024", path: "/echo"))
            for start in stride(from: 0, to: 1_024, by: 100) {
                try connection.write(Array(body[start..<min(start + 100, 1_024)]))
            }
            XCTAssertEqual(try connection.reply().body, body)
        }
    }

    func testABodyThatNobodyWillEverSendIs413AtOnce() throws {
        try withServer { server, connection in
            try connection.write(head("Content-Length: 9223372036854775807"))
            try assertTooLarge(try connection.reply())
            connection.assertIsClosed()
            XCTAssertEqual(server.worked.count, 0)
        }
    }

    // MARK: Chunked

    func testAChunkedBodyOf64KiBIsTaken() throws {
        try withServer { _, connection in
            try connection.write(head("Transfer-Encoding: chunked", path: "/echo") + chunked(Self.longest, pieces: 7))
            XCTAssertEqual(try connection.reply().text, Self.longest)
            try connection.write(head("Transfer-Encoding: CHUNKED", path: "/echo") + chunked("", pieces: 1))
            XCTAssertEqual(try connection.reply().text, "")
        }
    }

    func testOneByteMoreInChunksIs413AndTheConnectionGoesOn() throws {
        try withServer { server, connection in
            try connection.write(head("Transfer-Encoding: chunked") + chunked(Self.tooLong, pieces: 7))
            try assertTooLarge(try connection.reply())
            XCTAssertEqual(server.worked.count, 0)
            XCTAssertEqual(try connection.send("POST", "/work", body: "{}").status, 200)
        }
    }

    func testAChunkedBodyWithoutEndIsCutOff() throws {
        try withServer { server, connection in
            try connection.write(head("Transfer-Encoding: chunked"))
            let mebibyte = [UInt8](("100000\r\n" + String(repeating: "x", count: 1 << 20) + "\r\n").utf8)
            XCTAssertThrowsError(try (0..<1_000).forEach { _ in try connection.write(mebibyte) }, "a thousand fit")
            XCTAssertEqual(server.worked.count, 0)
            server.waitForRequestsInFlight(0)
        }
    }

    // MARK: Announced with Expect

    func testWhoAsksBeforeSendingIsToldToGoOn() throws {
        try withServer { _, connection in
            try connection.write(head("Content-Length: 65536", "Expect: 100-continue", path: "/echo"))
            XCTAssertEqual(try connection.text(upTo: "\r\n\r\n"), "HTTP/1.1 100 Continue")
            try connection.write(Self.longest)
            XCTAssertEqual(try connection.reply().text, Self.longest)
        }
    }

    func testWhoAsksBeforeSendingTooMuchGetsThe413AtOnce() throws {
        try withServer { server, connection in
            try connection.write(head("Content-Length: 65537", "Expect: 100-continue"))
            let answer = String(decoding: try connection.readToEnd(), as: UTF8.self)
            XCTAssertTrue(answer.hasPrefix("HTTP/1.1 413 "), answer)
            XCTAssertTrue(answer.contains(#"{"error":"payload_too_large""#), answer)
            XCTAssertEqual(server.worked.count, 0)
        }
    }

    func testWhoAsksAndThenSendsTooManyChunksGetsThe413() throws {
        try withServer { server, connection in
            try connection.write(head("Transfer-Encoding: chunked", "Expect: 100-continue"))
            XCTAssertEqual(try connection.text(upTo: "\r\n\r\n"), "HTTP/1.1 100 Continue")
            try connection.write(chunked(Self.tooLong, pieces: 3))
            try assertTooLarge(try connection.reply())
            XCTAssertEqual(server.worked.count, 0)
        }
    }
}
