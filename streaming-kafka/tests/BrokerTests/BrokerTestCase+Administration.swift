import CRdKafka
import XCTest

@testable import KafkaClient

/// What tests do to the topics of a broker of the lab's own.
extension BrokerTestCase {
    /// Makes a request for administrators, and waits for its answer.
    func administrate(_ body: (KafkaHandle, OpaquePointer?) -> Void) throws {
        let handle = try KafkaHandle(RD_KAFKA_PRODUCER, settings, [], fixed: [], log: log)
        defer { handle.destroy() }
        let queue = rd_kafka_queue_new(handle.raw)
        defer { rd_kafka_queue_destroy(queue) }
        body(handle, queue)
        let event = rd_kafka_queue_poll(queue, 10_000)
        XCTAssertNotNil(event)
        defer { rd_kafka_event_destroy(event) }
        XCTAssertEqual(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    /// Sets a topic's settings, which are those that the services make it with, but for some.
    func set(_ different: [String: String], of topic: String) throws {
        try administrate { handle, queue in
            var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
            for (name, value) in Dictionary(uniqueKeysWithValues: TopicSettings.wanted).merging(
                different, uniquingKeysWith: { $1 })
            {
                rd_kafka_ConfigResource_set_config(resource, name, value)
            }
            rd_kafka_AlterConfigs(handle.raw, &resource, 1, nil, queue)
            rd_kafka_ConfigResource_destroy(resource)
        }
    }
}
