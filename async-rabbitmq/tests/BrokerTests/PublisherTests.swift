import Foundation
import ServiceKit
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
            for _ in 0..<1000 where !publisher.isAvailable && url == nil { await loop.sleep(seconds: 0.01) }
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
