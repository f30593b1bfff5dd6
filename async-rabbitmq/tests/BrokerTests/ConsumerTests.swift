import Foundation
import LabTesting
import ServiceKit
import XCTest

@testable import AMQPClient

final class ConsumerTests: BrokerTestCase {
    func testALeaseIsHeldByOneUntilItIsGone() throws {
        let topology = AMQPTopology(
            exchanges: [], queues: [.init(queue, [.init("x-queue-type", .text("classic"))])], bindings: [])
        try connection.declare(topology, on: 1)
        var (first, second) = (AMQPLease(queue), AMQPLease(queue))
        XCTAssertTrue(try first.ask(connection, on: 1, at: 0))
        XCTAssertTrue(first.isHeld)
        let other = try connect()
        defer { other.abandon() }
        try other.openChannel(1)
        XCTAssertFalse(try second.ask(other, on: 1, at: 0))
        XCTAssertFalse(try second.ask(other, on: 1, at: 0), "it is not asked for again at once")
        XCTAssertFalse(second.isHeld)
        connection.close()
        XCTAssertTrue(try Lab.eventually { try second.ask(other, on: 1, at: EventLoop.now()) })
        XCTAssertTrue(second.isHeld)
    }

    func testAConsumerIsToldThatItsQueueWasDeleted() throws {
        try declareQueue()
        try connection.consume(queue, on: 1, prefetch: 1)
        let other = try connect()
        try other.openChannel(1)
        try other.deleteQueue(queue, on: 1)
        other.close()
        XCTAssertEqual(kind { _ = try event() }, .consumerCancelled)
    }

    func testWhatIsNotAcknowledgedComesAgain() throws {
        try declareQueue()
        for id in ["a", "b", "c"] { try connection.publish(publication(id: id), on: 1) }
        try connection.consume(queue, on: 1, prefetch: 10)
        let tags = [try delivery().tag, try delivery().tag, try delivery().tag]
        try connection.acknowledge(tags[1], multiple: true, on: 1)
        connection.close()
        let second = try connect()
        defer { second.abandon() }
        try second.openChannel(1)
        try second.consume(queue, on: 1, prefetch: 10)
        let again = try delivery(second)
        XCTAssertEqual(again.message.messageID, "c")
        XCTAssertTrue(again.isRedelivered)
    }

    func testPrefetchBoundsWhatIsUnderWay() throws {
        try declareQueue()
        for _ in 0..<5 { try connection.publish(publication(), on: 1) }
        try connection.consume(queue, on: 1, prefetch: 2)
        _ = try delivery()
        let last = try delivery()
        XCTAssertEqual(try connection.messageCount(queue, on: 1), 3)
        try connection.acknowledge(last.tag, multiple: true, on: 1)
        _ = try delivery()
        _ = try delivery()
        XCTAssertTrue(try Lab.eventually { try connection.messageCount(queue, on: 1) == 1 })
    }

    /// Deliveries under way when a channel is closed must not be taken for another channel's.
    func testNothingComesFromAChannelThatWasClosed() throws {
        try declareQueue()
        for _ in 0..<500 { try connection.publish(publication(), on: 1) }
        try connection.openChannel(2)
        try connection.consume(queue, on: 2, prefetch: 500)
        _ = try delivery()
        try connection.closeChannel(2)
        XCTAssertTrue(try Lab.eventually { try connection.messageCount(queue, on: 1) == 500 })
        while let event = try connection.nextEvent() { XCTFail("\(event)") }
    }
}
