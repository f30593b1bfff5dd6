import CRdKafka
import ServiceKit
import XCTest

@testable import KafkaClient

/// Handles whose owner ends them while other threads call librdkafka with them.
final class KafkaHandleTests: XCTestCase {
    private let log = Logger(service: "test", level: .error)
    private let nowhere = KafkaSettings(bootstrap: "127.0.0.1:1")

    func testAHandleOutlivesTheCallsThatHaveBegun() throws {
        let handle = try KafkaHandle(RD_KAFKA_PRODUCER, nowhere, [], fixed: [], log: log)
        let isGone = Mailbox<Void>()
        XCTAssertTrue(handle.enter())
        handle.destroy { isGone.post(()) }
        XCTAssertFalse(handle.enter(), "no call may begin any more")
        isGone.wait(until: EventLoop.now() + 200_000_000)
        XCTAssertEqual(isGone.take().count, 0, "a call is under way")
        handle.leave()
        isGone.wait(until: EventLoop.now() + 30_000_000_000)
        XCTAssertEqual(isGone.take().count, 1)
    }

    func testAClosedConsumerRefusesCalls() throws {
        let consumer = try KafkaConsumer(.reader(group: "test", topics: ["test"]), nowhere, log: log)
        consumer.close()
        XCTAssertThrowsError(try consumer.committed([TopicPartition("test", 0)], milliseconds: 100)) {
            XCTAssertTrue("\($0)".contains("closed"), "\($0)")
        }
    }
}
