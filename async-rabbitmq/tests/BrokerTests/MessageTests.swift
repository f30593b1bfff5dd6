import XCTest

@testable import AMQPClient

final class MessageTests: BrokerTestCase {
    private func roundTrip(_ publication: AMQPPublication) throws -> AMQPMessage {
        try declareQueue()
        try connection.publish(publication, on: 1)
        try connection.consume(queue, on: 1, prefetch: 10)
        return try delivery().message
    }

    func testAMessageArrivesWithItsProperties() throws {
        let sent = publication(#"{"a":1}"#, headers: [.init("key", .text("välue")), .init("number", .integer(-7))])
        XCTAssertEqual(try roundTrip(sent).comparable, sent.message)
    }

    func testAnEmptyBodyArrives() throws {
        let sent = publication("")
        XCTAssertEqual(try roundTrip(sent).comparable, sent.message)
    }

    func testABodyOfManyFramesArrives() throws {
        let sent = publication(String(repeating: "x", count: AMQPMessage.bodyLimit))
        XCTAssertEqual(try roundTrip(sent).comparable, sent.message)
    }

    func testABodyOfTenMegabytesIsReadPast() throws {
        try declareQueue()
        try connection.consume(queue, on: 1, prefetch: 10)
        try connection.publish(publication(String(repeating: "x", count: 10_000_000), id: "long"), on: 1)
        try connection.publish(publication("next", id: "next"), on: 1)
        let long = try delivery()
        XCTAssertTrue(long.message.isTooLong)
        XCTAssertEqual(long.message.body, [])
        XCTAssertEqual(try delivery().message.messageID, "next")
    }

    func testAnUnroutableMessageComesBackAndIsThenConfirmed() throws {
        try connection.selectConfirms(1)
        try connection.publish(publication(to: "no-such-queue", id: "lost"), on: 1)
        guard case .returned(1, "lost") = try event() else { return XCTFail("it should come back first") }
        guard case .confirmed(1, 1, _) = try event() else { return XCTFail("the confirm should follow") }
    }

    func testManyMessagesUnderWayAreAllConfirmed() throws {
        try declareQueue()
        try connection.selectConfirms(1)
        var ledger = ConfirmLedger<Int>()
        for number in 0..<2000 {
            ledger.publish(number, messageID: nil)
            try connection.publish(publication(), on: 1)
        }
        while ledger.count > 0 {
            guard case .confirmed(_, let tag, let multiple) = try event() else { return XCTFail("a confirm is due") }
            ledger.confirm(tag, multiple: multiple) { XCTAssertEqual($1, .confirmed) }
        }
    }

    func testARejectedMessageGoesToTheDeadLetters() throws {
        let dead = queue + "_dead"
        let topology = AMQPTopology(
            exchanges: [],
            queues: [
                .init(dead, [.init("x-queue-type", .text("quorum"))]),
                .init(
                    queue,
                    [
                        .init("x-queue-type", .text("quorum")), .init("x-dead-letter-exchange", .text("")),
                        .init("x-dead-letter-routing-key", .text(dead)),
                    ]),
            ], bindings: [])
        try connection.declare(topology, on: 1)
        defer { XCTAssertNoThrow(try connection.deleteQueue(dead, on: 1)) }
        try connection.publish(publication(id: "bad"), on: 1)
        try connection.consume(queue, on: 1, prefetch: 10)
        try connection.reject(try delivery().tag, on: 1)
        try connection.consume(dead, on: 1, prefetch: 10)
        XCTAssertEqual(try delivery().message.messageID, "bad")
    }
}

extension AMQPMessage {
    /// Without the headers that the broker adds.
    fileprivate var comparable: AMQPMessage {
        var message = self
        message.headers.removeAll { $0.name.hasPrefix("x-") }
        return message
    }
}
