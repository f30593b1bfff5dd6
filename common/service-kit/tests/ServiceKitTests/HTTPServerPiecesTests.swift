import Foundation
import LabTesting
import ServiceKitTesting
import Synchronization
import XCTest

@testable import ServiceKit

/// Bodies that are made while they are sent.
final class HTTPServerPiecesTests: XCTestCase {
    private static let pieceSize = 64 * 1024
    /// More than a client that does not read can make the server send: what the kernel holds of one connection on both sides.
    private static let kernelBuffers = 24 << 20

    /// Counts the pieces that were made, of all bodies of a test, and the bodies that are still in memory.
    private final class Maker: Sendable {
        let made = Atomic<Int>(0)
        let bodies = Atomic<Int>(0)
        let count: Int
        init(_ count: Int) { self.count = count }

        /// `x…x#`, so many times.
        func response() -> HTTPResponse {
            let body = Body(self)
            return HTTPResponse(contentType: "text/plain", pieces: { body.next() })
        }

        private final class Body: Sendable {
            private let maker: Maker
            private let made = Atomic<Int>(0)
            init(_ maker: Maker) {
                self.maker = maker
                maker.bodies.add(1, ordering: .relaxed)
            }
            deinit { maker.bodies.subtract(1, ordering: .relaxed) }

            func next() -> [UInt8]? {
                guard made.add(1, ordering: .relaxed).oldValue < maker.count else { return nil }
                maker.made.add(1, ordering: .relaxed)
                return HTTPServerPiecesTests.piece
            }
        }

        var isEmpty: Bool { bodies.load(ordering: .relaxed) == 0 }
        var madeBytes: Int { made.load(ordering: .relaxed) * HTTPServerPiecesTests.pieceSize }
    }

    private static let piece = [UInt8](repeating: UInt8(ascii: "x"), count: pieceSize - 1) + [UInt8(ascii: "#")]
    private static let get = "GET /pieces HTTP/1.1\r\nHost: test\r\n\r\n"

    private func server(
        _ maker: Maker, limits: HTTPServer.Limits = HTTPServer.Limits(), secondsToDrain: Double = patience
    ) throws -> RunningServer {
        try RunningServer(limits: limits, secondsToDrain: secondsToDrain) { router in
            router.get("/pieces") { _ in maker.response() }
            router.get("/later") { request in
                await request.loop.sleep(seconds: 0.01)
                return maker.response()
            }
        }
    }

    private func limits(_ seconds: Double) -> HTTPServer.Limits {
        var limits = HTTPServer.Limits()
        limits.requestSeconds = seconds
        return limits
    }

    // MARK: What the client sees

    func testABodyOfOnePieceHasALength() throws {
        for count in [0, 1] {
            let server = try server(Maker(count))
            defer { server.stop() }
            let reply = try server.send("GET", "/pieces")
            XCTAssertEqual(reply.headers["content-length"], "\(count * Self.pieceSize)")
            XCTAssertNil(reply.headers["transfer-encoding"])
            XCTAssertEqual(reply.body, count == 1 ? Self.piece : [])
        }
    }

    func testABodyOfMorePiecesIsChunkedAndTheConnectionGoesOn() throws {
        for count in [2, 3, 50] {
            let server = try server(Maker(count))
            defer { server.stop() }
            let connection = try server.connect()
            for path in ["/pieces", "/later", "/pieces"] {
                let reply = try connection.send("GET", path)
                XCTAssertEqual(reply.status, 200)
                XCTAssertEqual(reply.headers["content-type"], "text/plain")
                XCTAssertEqual(reply.headers["transfer-encoding"], "chunked")
                XCTAssertNil(reply.headers["content-length"])
                XCTAssertEqual(reply.body, Array(repeatElement(Self.piece, count: count).joined()), "\(count)")
            }
            XCTAssertEqual(try connection.send("GET", "/hello").status, 200)
        }
    }

    func testRequestsBehindABodyInPiecesAreAnsweredInOrder() throws {
        let server = try server(Maker(5))
        defer { server.stop() }
        let connection = try server.connect()
        let hello = "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n"
        try connection.write(String(repeating: Self.get + hello, count: 10))
        for _ in 0..<10 {
            XCTAssertEqual(try connection.reply().body.count, 5 * Self.pieceSize)
            XCTAssertEqual(try connection.reply().text, #"{"hello":"there"}"#)
        }
    }

    func testHeadHasTheHeadersOfGetAndAsksForNoFurtherPiece() throws {
        for count in [1, 50] {
            let maker = Maker(count)
            let server = try server(maker)
            defer { server.stop() }
            let connection = try server.connect()
            let head = try connection.send("HEAD", "/pieces")
            XCTAssertEqual(head.status, 200)
            XCTAssertEqual(maker.made.load(ordering: .relaxed), min(count, 2))
            XCTAssertTrue(Lab.eventually(within: patience) { maker.isEmpty })
            let get = try server.send("GET", "/pieces")
            for name in ["content-length", "content-type"] {
                XCTAssertEqual(head.headers[name], get.headers[name], name)
            }
            if count == 1 {
                XCTAssertEqual(try connection.send("GET", "/pieces").body, get.body, "nothing of a body is in the way")
            } else {
                XCTAssertEqual(head.headers["connection"]?.lowercased(), "close")
                connection.assertIsClosed("nothing of a body, also no last chunk")
            }
        }
    }

    /// A client of HTTP/1.0 knows no chunks: its body ends with the connection.
    func testAnOldClientGetsAllUpToTheEndOfTheConnection() throws {
        let server = try server(Maker(50))
        defer { server.stop() }
        for line in ["GET /pieces HTTP/1.0\r\n\r\n", "GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"] {
            let connection = try server.connect()
            try connection.write(line)
            let head = try connection.text(upTo: "\r\n\r\n").lowercased()
            XCTAssertFalse(head.contains("transfer-encoding"), head)
            XCTAssertFalse(head.contains("content-length"), head)
            XCTAssertEqual(try connection.readToEnd(), Array(repeatElement(Self.piece, count: 50).joined()))
        }
    }

    func testAnEmptyPieceIsPassedOver() throws {
        let server = try RunningServer { router in
            router.get("/gaps") { _ in
                let left = Mutex([[], [1], [], [], [2, 3], []] as [[UInt8]])
                return HTTPResponse(
                    contentType: "text/plain", pieces: { left.withLock { $0.isEmpty ? nil : $0.removeFirst() } })
            }
        }
        defer { server.stop() }
        XCTAssertEqual(try server.send("GET", "/gaps").body, [1, 2, 3])
    }

    // MARK: Memory and time

    /// No more is made than is taken, and what is made of it takes no time from others.
    func testABodyIsMadeNoFasterThanItIsReadAndOthersAreAnsweredMeanwhile() throws {
        let maker = Maker(1_600)
        let server = try server(maker)
        defer { server.stop() }
        let (reader, other) = (try server.connect(), try server.connect())
        try reader.write(Self.get)
        var readBytes = 0
        for number in 1...maker.count {
            _ = try reader.text(upTo: "#")
            readBytes += Self.pieceSize
            XCTAssertLessThanOrEqual(maker.madeBytes - readBytes, Self.kernelBuffers)
            guard number % 50 == 1 else { continue }
            for _ in 0..<10 { XCTAssertEqual(try other.send("GET", "/hello").status, 200) }
            XCTAssertLessThan(maker.made.load(ordering: .relaxed), number + 1 + Self.kernelBuffers / Self.pieceSize)
        }
        XCTAssertEqual(maker.made.load(ordering: .relaxed), maker.count)
        XCTAssertTrue(Lab.eventually(within: patience) { maker.isEmpty }, "it is let go when it was sent")
    }

    func testManyReadersEachGetAllOfIt() throws {
        let maker = Maker(40)
        let server = try server(maker)
        defer { server.stop() }
        let readers = try (0..<20).map { _ in try server.connect() }
        for reader in readers { try reader.write(Self.get) }
        for reader in readers { XCTAssertEqual(try reader.reply().body.count, 40 * Self.pieceSize) }
        server.waitForRequestsInFlight(0)
        XCTAssertTrue(maker.isEmpty)
    }

    func testABodyIsLetGoWhenItsClientLeaves() throws {
        let maker = Maker(10_000)
        let server = try server(maker)
        defer { server.stop() }
        var readers: [HTTPConnection]? = try (0..<10).map { _ in try server.connect() }
        for reader in readers ?? [] {
            try reader.write(Self.get)
            _ = try reader.text(upTo: "#")
        }
        XCTAssertEqual(maker.bodies.load(ordering: .relaxed), 10)
        XCTAssertEqual(server.requestsInFlight, 10, "they are in flight until they were taken")
        readers = nil
        server.waitForRequestsInFlight(0)
        XCTAssertTrue(maker.isEmpty)
        XCTAssertLessThan(maker.madeBytes, 10 * Self.kernelBuffers + 10 * Self.pieceSize)
        XCTAssertEqual(try server.send("GET", "/hello").status, 200)
    }

    // MARK: Slow clients

    func testAClientThatTakesNoMorePiecesIsCutOff() throws {
        let maker = Maker(10_000)
        let server = try server(maker, limits: limits(1))
        defer { server.stop() }
        let reader = try server.connect()
        try reader.write(Self.get)
        _ = try reader.text(upTo: "#")
        XCTAssertEqual(server.requestsInFlight, 1)
        server.waitForRequestsInFlight(0)
        XCTAssertTrue(maker.isEmpty)
        let rest = try? reader.readToEnd()
        XCTAssertLessThan(rest?.count ?? 0, Self.kernelBuffers, "the connection was closed")
    }

    /// Each piece has a time of its own: only the sum is longer than the limit.
    func testAClientThatReadsSteadilyForLongIsNotCutOff() throws {
        let maker = Maker(600)
        let server = try server(maker, limits: limits(0))
        defer { server.stop() }
        let reader = try server.connect()
        try reader.write(Self.get)
        let start = EventLoop.now()
        for _ in 0..<maker.count {
            _ = try reader.text(upTo: "#")
            Thread.sleep(forTimeInterval: 0.007)
        }
        // A piece has one second, and the server looks once a second.
        XCTAssertGreaterThan(EventLoop.now() - start, 4_000_000_000)
        XCTAssertEqual(try reader.text(upTo: "\r\n0\r\n\r\n"), "")
    }

    // MARK: Stopping

    func testABodyInPiecesIsSentToItsEndWhileTheServerDrains() throws {
        let maker = Maker(1_000)
        let server = try server(maker)
        let reader = try server.connect()
        try reader.write(Self.get)
        _ = try reader.text(upTo: "#")
        server.beginDraining()
        for _ in 1..<maker.count { _ = try reader.text(upTo: "#") }
        XCTAssertEqual(server.waitUntilDrained(), 0)
        server.stop()
        XCTAssertTrue(maker.isEmpty)
    }

    func testABodyThatIsNotTakenIsCountedAsUnanswered() throws {
        let maker = Maker(10_000)
        let server = try server(maker, secondsToDrain: 0.2)
        var reader: HTTPConnection? = try server.connect()
        try reader?.write(Self.get)
        _ = try reader?.text(upTo: "#")
        server.beginDraining()
        XCTAssertEqual(server.waitUntilDrained(), 1)
        reader = nil
        server.stop()
        XCTAssertTrue(maker.isEmpty)
    }
}
