import CampusModel
import KafkaClient
import LabTesting
import ServiceKit
import Tracing
import XCTest

@testable import ProducerOrder

final class FirstOrderTests: BrokerTestCase {
    /// What the log tells may be known before the producer has had its first answer.
    func testTheFirstOrderAfterAStartWaitsForTheBrokersFirstAnswer() async throws {
        try await onWorker {
            let loop = worker.loop
            let producer = try KafkaProducer(on: loop, settings, topics: [unique], log: log)
            let orders = OrderService(producer, bulk: producer, on: loop, log: log)
            orders.open()
            let probing = Worker("probe")
            probing.start { worker in while !worker.mustStop { await worker.wait(until: nil) } }
            let isOpenAtOnce = await orders.opens(until: EventLoop.now())
            XCTAssertFalse(isOpenAtOnce)
            probing.perform { XCTAssertTrue(Lab.eventually { producer.probe(milliseconds: 1000) }) }
            let result = try await orders.place(BulkRequest(count: 3), RequestContext(requestID: "r"))
            XCTAssertEqual(result.acknowledged, 3)
            await probing.stop(on: loop, until: EventLoop.now() + 60_000_000_000)
            await producer.close(until: EventLoop.now() + 1_000_000_000)
        }
        let all = try await readAll()
        guard all.count != 3 else { return }
        // This has been seen once, on a real Kafka. What it says tells a log that lacks records from a reader that missed some.
        let ends = try await onWorker { try makeReader().watermarks(Array(beginning.keys), milliseconds: 5000) }
        let again = try await readAll()
        XCTFail("3 records were acknowledged, \(all.count) were read, then \(again.count): \(ends)")
    }
}
