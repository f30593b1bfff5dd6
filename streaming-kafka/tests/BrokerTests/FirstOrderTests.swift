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
        // Once in some hundred runs a real Kafka has told a new reader of a new topic an end before the last record.
        var count = 0
        for _ in 0..<50 where count != 3 { count = try await readAll().count }
        XCTAssertEqual(count, 3)
    }
}
