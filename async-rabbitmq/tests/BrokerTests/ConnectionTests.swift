import LabTesting
import ServiceKit
import XCTest

@testable import AMQPClient

final class ConnectionTests: BrokerTestCase {
    private func failure(_ url: String) throws -> AMQPError.Kind? {
        let wrong = try XCTUnwrap(AMQPAddress(url))
        return kind {
            try AMQPConnection(wrong, name: "test", on: worker, interrupter: AMQPInterrupter()).close()
        }
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
        guard case .declaredOtherwise(let mismatch) = kind({ try connection.declare(other, on: 1) }) else {
            return XCTFail("it is declared otherwise")
        }
        XCTAssertEqual(mismatch.name, queue)
        XCTAssertEqual(mismatch.difference, #"x-queue-type is "quorum", but must be "classic""#)
        try connection.reopenChannel(1)
        XCTAssertEqual(try connection.messageCount(queue, on: 1), 0)
    }

    /// An earlier implementation of the lab may have left it.
    func testAnExchangeOfAnotherTypeIsNamed() throws {
        let name = queue + "_exchange"
        try connection.declare(
            AMQPTopology(exchanges: [.init(name, type: "fanout")], queues: [], bindings: []), on: 1)
        let topology = AMQPTopology(exchanges: [.init(name, type: "topic")], queues: [], bindings: [])
        guard case .declaredOtherwise(let mismatch) = kind({ try connection.declare(topology, on: 1) }) else {
            return XCTFail("it is declared otherwise")
        }
        XCTAssertEqual(mismatch.thing, .exchange)
        XCTAssertEqual(mismatch.difference, #"type is "fanout", but must be "topic""#)
        try connection.reopenChannel(1)
        try connection.deleteExchange(name, on: 1)
    }

    /// A call reads whatever the socket has, and the socket has nothing to be waited for then.
    func testWhatACallHasReadIsNotWaitedFor() throws {
        try declareQueue()
        try connection.consume(queue, on: 1, prefetch: 100)
        var slept: EventLoop.Nanoseconds = 0
        for _ in 0..<24 {
            try connection.publish(publication(), on: 1)
            // The delivery comes before the answer to one of these calls, on the same channel.
            XCTAssertTrue(
                try Lab.eventually {
                    _ = try connection.messageCount(queue, on: 1)
                    return connection.hasUnreadInput
                })
            let start = EventLoop.now()
            try wait(until: start + 20_000_000_000)
            slept += EventLoop.now() - start
            _ = try delivery()
            while try connection.nextEvent() != nil {}
            XCTAssertFalse(connection.hasUnreadInput)
        }
        // Else each would sleep until a heartbeat comes, one and a quarter seconds on average.
        XCTAssertLessThan(slept, 5_000_000_000)
    }

    func testAMessageThatCannotBeEncodedCostsNoConnection() throws {
        try declareQueue()
        var bad = publication().message
        bad.correlationID = String(repeating: "x", count: 256)
        let refused = AMQPPublication(exchange: "", routingKey: queue, message: bad)
        XCTAssertEqual(kind { try connection.publish(refused, on: 1) }, .unencodable)
        try connection.publish(publication(), on: 1)
        connection.flush()
        XCTAssertTrue(try Lab.eventually { try connection.messageCount(queue, on: 1) == 1 })
    }

    func testAQueueThatIsNotThereHasNoMessages() throws {
        XCTAssertNil(try connection.messageCount(queue, on: 1))
        try declareQueue()
        XCTAssertEqual(try connection.messageCount(queue, on: 1), 0, "the channel is open again")
    }
}
