import XCTest

@testable import AMQPClient

/// The broker's texts are those of RabbitMQ 3.10, and of 3.13 where it has another one.
final class AMQPMismatchTests: XCTestCase {
    private func difference(_ text: String) -> String? {
        AMQPMismatch(.queue, "q", brokerText: "declare q: 406 PRECONDITION_FAILED - " + text).difference
    }

    func testWhatDiffersIsNamed() {
        XCTAssertEqual(
            difference(
                "inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received the value 'quorum' of type "
                    + "'longstr' but current is none"),
            #"x-queue-type is not set, but must be "quorum""#)
        XCTAssertEqual(
            difference(
                "inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received the value 'quorum' of type "
                    + "'longstr' but current is the value 'classic' of type 'longstr'"),
            #"x-queue-type is "classic", but must be "quorum""#)
        XCTAssertEqual(
            difference(
                "inequivalent arg 'x-delivery-limit' for queue 'q' in vhost '/': received none but current is the value "
                    + "'50' of type 'signedint'"),
            #"x-delivery-limit is "50", but must be not set"#)
        XCTAssertEqual(
            difference(
                "inequivalent arg 'type' for exchange 'q' in vhost '/': received 'topic' but current is 'direct'"),
            #"type is "direct", but must be "topic""#)
    }

    func testATextOfAnotherFormIsNoDifference() {
        for text in ["", "inequivalent arg", "inequivalent arg 'a': received '", "something else"] {
            XCTAssertNil(difference(text), text)
        }
    }

    func testTheSentenceNamesTheThingAndTheRemedy() {
        let sentence = AMQPMismatch(.exchange, "orders_exchange", brokerText: "").description
        for word in ["exchange orders_exchange", "delete", "RABBITMQ_URL"] {
            XCTAssertTrue(sentence.contains(word), sentence)
        }
    }
}
