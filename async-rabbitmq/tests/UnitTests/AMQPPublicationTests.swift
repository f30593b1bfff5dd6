import XCTest

@testable import AMQPClient

/// What AMQP has no room for is known before the first byte of a message leaves.
final class AMQPPublicationTests: XCTestCase {
    private func problem(
        exchange: String = "e", key: String = "k", messageID: String? = nil, type: String? = nil,
        correlationID: String? = nil, headers: [AMQPMessage.Header] = []
    ) -> String? {
        let message = AMQPMessage(
            body: [], messageID: messageID, type: type, correlationID: correlationID, headers: headers)
        return AMQPPublication(exchange: exchange, routingKey: key, message: message).problem
    }

    func testAShortStringHas255BytesAtMost() {
        let (fits, doesNot) = (String(repeating: "ä", count: 127) + "x", String(repeating: "ä", count: 128))
        XCTAssertEqual(fits.utf8.count, 255)
        XCTAssertNil(
            problem(
                exchange: fits, key: fits, messageID: fits, type: fits, correlationID: fits,
                headers: [.init(fits, .integer(1))]))
        for (found, word) in [
            (problem(exchange: doesNot), "exchange"), (problem(key: doesNot), "routing key"),
            (problem(messageID: doesNot), "message_id"), (problem(type: doesNot), "type"),
            (problem(correlationID: doesNot), "correlation_id"),
            (problem(headers: [.init(doesNot, .integer(1))]), "header"),
        ] {
            XCTAssertTrue(found?.contains(word) == true, "\(word): \(found ?? "no problem")")
        }
    }

    func testAllHeadersFitIntoOneFrame() {
        let text = AMQPMessage.Header("h", .text(String(repeating: "x", count: 1000)))
        XCTAssertNil(problem(headers: [text, text]))
        XCTAssertNotNil(problem(headers: [text, text, text]))
    }
}
