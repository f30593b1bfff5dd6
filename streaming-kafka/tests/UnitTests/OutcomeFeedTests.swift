import CampusModel
import LabTesting
import ServiceKit
import Synchronization
import XCTest

@testable import KafkaClient
@testable import ProducerOrder

final class OutcomeFeedTests: BrokerInProcess {
    /// Sends what inventory tells of an order.
    private static func decide(_ id: OrderID, _ settings: KafkaSettings, _ log: Logger) throws {
        let producer = try BatchProducer(.reports, settings, topics: [OrderTopics.outcomes], log: log)
        defer { producer.destroy() }
        try producer.begin()
        let outcome = OrderEvent(.reserved, Order(id: id, item: "burger", quantity: 1))
        try producer.produce(outcome.message(), to: 0)
        try producer.flush(milliseconds: 10_000)
    }

    /// What fails once may work the next time; a feed that ended would leave every order placed for ever.
    func testAFeedGoesOnAfterAnAssignmentThatFailed() {
        let (settings, log) = (settings, log)
        withDesk { desk, _, _ in
            let (readiness, attempts, id) = (Readiness(), Counter(), OrderID.random())
            let feed = try OutcomeFeed(desk, settings, readiness, log: log) { consumer, offsets throws(KafkaError) in
                guard attempts.next() > 3 else { throw KafkaError(code: -1, "made by a test") }
                try consumer.assign(offsets)
            }
            XCTAssertNotNil(readiness.missingState, "an empty list would be taken for the truth")
            feed.start()
            XCTAssertTrue(Lab.eventually { attempts.count > 3 && readiness.missing.isEmpty }, "\(readiness.missing)")
            XCTAssertNil(readiness.missingState)
            try OutcomeFeedTests.decide(id, settings, log)
            XCTAssertTrue(Lab.eventually { desk.orders.order(id)?.status == .reserved })
            await feed.stop(on: desk.loop, until: EventLoop.now() + 5_000_000_000)
        }
    }
}

/// Counts calls from any thread.
final class Counter: Sendable {
    private let calls = Atomic(0)
    var count: Int { calls.load(ordering: .relaxed) }
    func next() -> Int { calls.add(1, ordering: .relaxed).newValue }
}
