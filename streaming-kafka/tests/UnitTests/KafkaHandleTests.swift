import CRdKafka
import LabTesting
import ServiceKit
import XCTest

@testable import KafkaClient

/// Handles whose owner ends them while other threads call librdkafka with them.
final class KafkaHandleTests: XCTestCase {
    private let log = Logger(service: "test", level: .error)
    private let nowhere = KafkaSettings(bootstrap: "127.0.0.1:1")

    func testAHandleOutlivesTheCallsThatHaveBegun() throws {
        let handle = try KafkaHandle(RD_KAFKA_PRODUCER, nowhere, [], fixed: [], log: log)
        let gone = Counter()
        XCTAssertTrue(handle.enter())
        handle.destroy { _ = gone.next() }
        XCTAssertFalse(handle.enter(), "no call may begin any more")
        Thread.sleep(forTimeInterval: 0.2)
        XCTAssertEqual(gone.count, 0, "a call is under way")
        handle.leave()
        XCTAssertTrue(Lab.eventually { gone.count == 1 })
    }

    func testAClosedConsumerRefusesCalls() throws {
        let worker = Worker("test")
        let consumer = try KafkaConsumer(.reader(group: "test", topics: ["test"]), nowhere, on: worker, log: log)
        worker.loop.run { consumer.close() }
        XCTAssertThrowsError(try consumer.committed([TopicPartition("test", 0)], milliseconds: 100)) {
            XCTAssertTrue("\($0)".contains("closed"), "\($0)")
        }
    }
}
