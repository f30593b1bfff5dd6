import CampusModel
import KafkaClient
import LabTesting
import ServiceKit
import Synchronization
import XCTest

@testable import ProducerOrder

final class OrderDeskTests: BrokerTestCase {
    /// What the log tells may be known before the producer has had its first answer.
    func testTheFirstOrderAfterAStartWaitsForTheBrokersFirstAnswer() throws {
        let (loop, log, settings, topic) = (EventLoop(), log, settings, unique)
        let (mayProbe, hasProbed) = (Mailbox<Void>(), Mailbox<Void>())
        loop.run {
            do {
                let producer = try KafkaProducer(on: loop, settings, topics: [topic], log: log)
                let desk = OrderDesk(producer, bulk: producer, on: loop, log: log)
                desk.open()
                ServiceThread.start("probe") {
                    mayProbe.wait(until: EventLoop.now() + 60_000_000_000)
                    XCTAssertTrue(Lab.eventually { producer.probe(milliseconds: 1000) })
                    hasProbed.post(())
                }
                let isOpenAtOnce = await desk.opens(until: EventLoop.now())
                XCTAssertFalse(isOpenAtOnce)
                mayProbe.post(())
                let result = try await desk.place(BulkRequest(count: 3), requestID: "r")
                XCTAssertEqual(result.acknowledged, 3)
                hasProbed.wait(until: EventLoop.now() + 60_000_000_000)
                await producer.close(until: EventLoop.now() + 1_000_000_000)
            } catch {
                XCTFail("\(error)")
            }
        }
        XCTAssertEqual(try readAll().count, 3)
    }
}
