import Foundation
import LabTesting
import ServiceKit
import ServiceKitTesting
import Synchronization
import XCTest

@testable import AMQPClient

final class PublisherTests: BrokerTestCase {
    private static let nothing = AMQPTopology(exchanges: [], queues: [], bindings: [])

    /// Runs `work` with a publisher on a loop of its own, once it can publish.
    private func withPublisher(
        _ url: AMQPAddress? = nil, _ work: @escaping @Sendable (AMQPPublisher, EventLoop) async -> Void
    ) throws {
        let loop = EventLoop()
        let address = try XCTUnwrap(url ?? self.address)
        loop.run {
            let publisher = AMQPPublisher(
                on: loop, address, name: "test-publisher", topology: PublisherTests.nothing,
                log: Logger(service: "test", level: .error)
            ) { _ in }
            if url == nil {
                let isAvailable = await loop.eventually { publisher.isAvailable }
                XCTAssertTrue(isAvailable)
            }
            await work(publisher, loop)
            await publisher.close(until: EventLoop.now() + 5_000_000_000)
        }
    }

    func testManyRequestsShareOneChannel() throws {
        try declareQueue()
        let publication = publication()
        try withPublisher { publisher, loop in
            let outcomes = await withTaskGroup(of: AMQPPublisher.Outcome.self) { group in
                for _ in 0..<500 {
                    group.addTask(executorPreference: loop) { await publisher.publish(publication) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            XCTAssertEqual(outcomes.filter { $0 == .confirmed }.count, 500)
            XCTAssertEqual(publisher.underWay, 0)
        }
        XCTAssertEqual(try connection.messageCount(queue, on: 1), 500)
    }

    func testAMessageThatNoQueueTakesIsReturned() throws {
        let lost = publication(to: "no-such-queue")
        try withPublisher { publisher, _ in
            let outcome = await publisher.publish(lost)
            XCTAssertEqual(outcome, .returned)
        }
    }

    func testWithoutABrokerNothingIsSent() throws {
        let publication = publication()
        let nowhere = try XCTUnwrap(AMQPAddress("amqp://127.0.0.1:1/"))
        try withPublisher(nowhere) { publisher, _ in
            let outcome = await publisher.publish(publication)
            XCTAssertEqual(outcome, .unavailable)
            let count = await publisher.inspect("any")
            XCTAssertNil(count)
        }
    }

    /// It would be refused by librabbitmq, and was taken for a lost connection.
    func testAMessageThatCannotBeEncodedIsRefusedAndNoOther() throws {
        try declareQueue()
        let good = publication()
        var message = good.message
        message.type = String(repeating: "x", count: 256)
        let bad = AMQPPublication(exchange: "", routingKey: queue, message: message)
        try withPublisher { publisher, _ in
            async let first = publisher.publish(good)
            async let second = publisher.publish(bad)
            async let third = publisher.publish(good)
            let outcomes = await [first, second, third]
            XCTAssertEqual(outcomes, [.confirmed, .refused, .confirmed])
        }
        XCTAssertEqual(try connection.messageCount(queue, on: 1), 2)
    }

    /// The broker closes the channel that asks for a queue which is not there.
    func testInspectingAQueueThatIsNotThereCostsNoConfirm() throws {
        try declareQueue()
        let publication = publication()
        try withPublisher { publisher, _ in
            for _ in 0..<3 {
                let count = await publisher.inspect("no-such-queue")
                XCTAssertNil(count)
                let outcome = await publisher.publish(publication)
                XCTAssertEqual(outcome, .confirmed)
            }
        }
        XCTAssertEqual(try connection.messageCount(queue, on: 1), 3)
    }

    func testTheQueueCanBeInspected() throws {
        try declareQueue()
        let (publication, queue) = (publication(), queue)
        try withPublisher { publisher, _ in
            let outcome = await publisher.publish(publication)
            XCTAssertEqual(outcome, .confirmed)
            let count = await publisher.inspect(queue)
            XCTAssertEqual(count, 1)
        }
    }
}

/// A broker that blocks publishers while the holder of a lease reads what has happened before.
final class BlockedPublisherTests: BrokerTestCase {
    /// Publishes while the broker is short of memory, and reads on until it has said so, as reading a log does.
    ///
    /// `@unchecked Sendable`: what is mutable belongs to the publisher's thread.
    private final class Holder: AMQPLeaseHolder, @unchecked Sendable {
        let lease: String
        private let publication: AMQPPublication

        init(_ lease: String, _ publication: AMQPPublication) {
            self.lease = lease
            self.publication = publication
        }

        func declare(_ connection: AMQPConnection, channel: UInt16) throws(AMQPError) {
            let queue = AMQPTopology.Queue(lease, [.init("x-queue-type", .text("classic"))])
            try connection.declare(AMQPTopology(exchanges: [], queues: [queue], bindings: []), on: channel)
        }

        func granted(_ connection: AMQPConnection, spare: UInt16) async throws(AMQPError) {
            XCTAssertNoThrow(try Lab.run("rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "1"))
            try connection.openChannel(spare)
            while !connection.isBlocked {
                try connection.publish(publication, on: spare)
                await connection.wait(until: EventLoop.now() + 50_000_000)
                while try connection.nextEvent() != nil {}
            }
        }

        func refused() {}
        func lost() {}
    }

    /// What the publisher said last.
    private final class LastState: Sendable {
        private let current = Mutex<AMQPState?>(nil)
        var state: AMQPState? {
            get { current.withLock { $0 } }
            set { current.withLock { $0 = newValue } }
        }
    }

    func testAPublisherThatWasBlockedWhileItReadIsNotAvailable() throws {
        try requireOwnBroker()
        defer { XCTAssertNoThrow(try Lab.run("rabbitmqctl", "set_vm_memory_high_watermark", "0.4")) }
        let holder = Holder(queue, publication(to: "no-such-queue"))
        let (loop, address) = (EventLoop(), try XCTUnwrap(self.address))
        let told = LastState()
        loop.run {
            let publisher = AMQPPublisher(
                on: loop, address, name: "test-publisher",
                topology: AMQPTopology(exchanges: [], queues: [], bindings: []), holder: holder,
                log: Logger(service: "test", level: .error)
            ) { told.state = $0 }
            let blocked = AMQPState.blocked
            _ = await loop.eventually { told.state == blocked }
            XCTAssertEqual(told.state, blocked)
            XCTAssertFalse(publisher.isAvailable)
            _ = try? Lab.run("rabbitmqctl", "set_vm_memory_high_watermark", "0.4")
            let isAvailable = await loop.eventually { publisher.isAvailable }
            XCTAssertTrue(isAvailable, "it is told when that ends")
            await publisher.close(until: EventLoop.now() + 5_000_000_000)
        }
    }
}
