import ServiceKit
import XCTest

@testable import AMQPClient

final class ConnectionTests: BrokerTestCase {
    private func failure(_ url: String) throws -> AMQPError.Kind? {
        let wrong = try XCTUnwrap(AMQPAddress(url))
        return kind { try AMQPConnection(wrong, name: "test", interrupter: AMQPInterrupter()).close() }
    }

    func testAWrongPasswordIsRefused() throws {
        XCTAssertEqual(
            try failure("amqp://\(address.user):wrong@\(address.host):\(address.port)/"), .accessRefused)
    }

    func testAVirtualHostThatIsNotThereIsRefused() throws {
        let (user, password) = (address.user, address.password)
        XCTAssertEqual(
            try failure("amqp://\(user):\(password)@\(address.host):\(address.port)/no-such-host"), .accessRefused)
    }

    func testAPortWithoutABrokerCannotBeConnectedTo() throws {
        XCTAssertEqual(try failure("amqp://\(address.host):1/"), .couldNotConnect)
    }

    func testANameThatIsUnknownCannotBeConnectedTo() throws {
        XCTAssertEqual(try failure("amqp://no-such-host.invalid/"), .couldNotConnect)
    }

    func testABrokerWithoutTLSIsNotTrusted() throws {
        XCTAssertEqual(try failure("amqps://\(address.host):\(address.port)/"), .notTrusted)
    }

    func testAnInterruptedConnectionEndsItsCalls() throws {
        let interrupter = AMQPInterrupter()
        let connection = try connect(interrupter)
        interrupter.interrupt()
        XCTAssertEqual(kind { try connection.openChannel(1) }, .connectionLost)
        connection.abandon()
        interrupter.interrupt()
    }

    func testAChannelThatTheBrokerClosedCanBeOpenedAgain() throws {
        try declareQueue()
        let other = AMQPTopology(
            exchanges: [], queues: [.init(queue, [.init("x-queue-type", .text("classic"))])], bindings: [])
        XCTAssertEqual(
            kind { try connection.declare(other, on: 1) }, .channelClosed(code: 406), "declared otherwise")
        try connection.reopenChannel(1)
        XCTAssertEqual(try connection.messageCount(queue, on: 1), 0)
    }

    func testAQueueThatIsNotThereHasNoMessages() throws {
        XCTAssertNil(try connection.messageCount(queue, on: 1))
        try declareQueue()
        XCTAssertEqual(try connection.messageCount(queue, on: 1), 0, "the channel is open again")
    }
}
