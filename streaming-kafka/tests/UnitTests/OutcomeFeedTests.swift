import CampusModel
import LabTesting
import OrderRecords
import ServiceKit
import Synchronization
import Workflow
import XCTest

@testable import KafkaClient
@testable import ProducerOrder

final class OutcomeFeedTests: BrokerInProcess {
    /// Sends what inventory tells of an order.
    private static func decide(_ id: OrderID, _ settings: KafkaSettings, on loop: EventLoop, _ log: Logger) async throws
    {
        let producer = try KafkaProducer(on: loop, settings, topics: [OrderTopics.outcomes], log: log)
        XCTAssertTrue(Lab.eventually { producer.probe(milliseconds: 1000) })
        let outcome = OrderEvent(.reserved, Order(id: id, item: "burger", quantity: 1))
        let result = await producer.produce(outcome.record(headers: []), to: 0)
        XCTAssertEqual(result, .acknowledged)
        await producer.close(until: EventLoop.now() + 1_000_000_000)
    }

    /// What fails once may work the next time; a feed that ended would leave every order placed for ever.
    func testAFeedGoesOnAfterAnAssignmentThatFailed() {
        let (settings, log) = (settings, log)
        withService { service, _, _ in
            let (readiness, attempts, id) = (Readiness(), Counter(), OrderID.random())
            let feed = try OutcomeFeed(service, settings, readiness, log: log) {
                consumer, offsets async throws(KafkaError) in
                guard attempts.next() > 3 else { throw KafkaError(code: -1, "made by a test") }
                try await consumer.assign(offsets)
            }
            XCTAssertNotNil(readiness.missingState, "an empty list would be taken for the truth")
            feed.start()
            XCTAssertTrue(Lab.eventually { attempts.count > 3 && readiness.missing.isEmpty }, "\(readiness.missing)")
            XCTAssertNil(readiness.missingState)
            try await OutcomeFeedTests.decide(id, settings, on: service.loop, log)
            XCTAssertTrue(Lab.eventually { service.orders.order(id)?.status == .reserved })
            await feed.stop(on: service.loop, until: EventLoop.now() + 5_000_000_000)
        }
    }
}

/// Counts calls from any thread.
final class Counter: Sendable {
    private let calls = Atomic(0)
    var count: Int { calls.load(ordering: .relaxed) }
    func next() -> Int { calls.add(1, ordering: .relaxed).newValue }
}
