import XCTest

@testable import AMQPClient

final class ContentAssemblyTests: XCTestCase {
    private let start = ContentAssembly.started(.delivery(tag: 7, isRedelivered: true, routingKey: "a.b"))

    private func piece(_ text: String, of assembly: ContentAssembly) -> ContentAssembly.Step? {
        Array(text.utf8).withUnsafeBytes { assembly.adding(body: $0) }
    }

    func testABodyMayComeInPieces() throws {
        guard case .waits(let first)? = start.adding(properties: AMQPMessage(body: [], messageID: "m"), bodySize: 5),
            case .waits(let second)? = piece("he", of: first),
            case .complete(let what, let message)? = piece("llo", of: second)
        else { return XCTFail("the pieces do not make a message") }
        XCTAssertEqual(what, .delivery(tag: 7, isRedelivered: true, routingKey: "a.b"))
        XCTAssertEqual(String(decoding: message.body, as: UTF8.self), "hello")
        XCTAssertEqual(message.messageID, "m")
        XCTAssertFalse(message.isTooLong)
    }

    func testAnEmptyBodyHasNoPieces() {
        XCTAssertEqual(
            start.adding(properties: AMQPMessage(body: []), bodySize: 0),
            .complete(.delivery(tag: 7, isRedelivered: true, routingKey: "a.b"), AMQPMessage(body: [])))
    }

    func testALongBodyIsReadPastAndNotKept() throws {
        let size = UInt64(AMQPMessage.bodyLimit) + 1
        guard case .waits(let first)? = start.adding(properties: AMQPMessage(body: []), bodySize: size) else {
            return XCTFail("the body is still to come")
        }
        let bytes = [UInt8](repeating: 1, count: Int(size))
        guard case .complete(_, let message)? = bytes.withUnsafeBytes({ first.adding(body: $0) }) else {
            return XCTFail("the body is complete")
        }
        XCTAssertTrue(message.isTooLong)
        XCTAssertEqual(message.body, [])
    }

    func testASizeBeyondAllMemoryReservesNone() {
        XCTAssertNotNil(start.adding(properties: AMQPMessage(body: []), bodySize: .max))
    }

    func testPartsThatAreNotDueAreRefused() {
        XCTAssertNil(piece("x", of: start))
        guard case .waits(let filling)? = start.adding(properties: AMQPMessage(body: []), bodySize: 2) else {
            return XCTFail("the body is still to come")
        }
        XCTAssertNil(filling.adding(properties: AMQPMessage(body: []), bodySize: 2))
        XCTAssertNil(piece("xyz", of: filling), "more than was announced")
    }
}
