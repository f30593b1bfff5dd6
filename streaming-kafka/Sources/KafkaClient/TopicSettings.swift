internal import CRdKafka
internal import ServiceKit

/// What a topic must be set to that state is rebuilt from: nothing may be dropped, whatever its age or size.
public enum TopicSettings {
    /// The settings that a topic is made with.
    public static let wanted = [("retention.ms", "-1"), ("retention.bytes", "-1"), ("cleanup.policy", "delete")]

    /// Compares a topic's settings with ``wanted``.
    ///
    /// - Returns: a sentence for each that differs, with the remedy.
    static func problems(_ topic: String, _ settings: [String: String]) -> [String] {
        wanted.compactMap { name, value in
            guard let found = settings[name], found != value else { return nil }
            return "the topic \(topic) has \(name)=\(found), and state is rebuilt from it: "
                + "set \(name)=\(value) before records are dropped"
        }
    }

    /// Asks for the settings of topics. Blocks.
    ///
    /// - Returns: what is set, by topic; a topic is missing where nobody may ask, or the broker does not know how to tell.
    static func ask(_ topics: [String], _ handle: KafkaHandle) -> [String: [String: String]] {
        let options = rd_kafka_AdminOptions_new(handle.raw, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, 3000, nil, 0)
        let queue = rd_kafka_queue_new(handle.raw)
        defer { rd_kafka_queue_destroy(queue) }
        var resources: [OpaquePointer?] = topics.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
        defer { for resource in resources { rd_kafka_ConfigResource_destroy(resource) } }
        rd_kafka_DescribeConfigs(handle.raw, &resources, resources.count, options, queue)
        guard let event = rd_kafka_queue_poll(queue, 4000) else { return [:] }
        defer { rd_kafka_event_destroy(event) }
        guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [:] }
        var count = 0
        let found = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count)
        var settings: [String: [String: String]] = [:]
        for index in 0..<count {
            guard let resource = found?[index],
                rd_kafka_ConfigResource_error(resource) == RD_KAFKA_RESP_ERR_NO_ERROR,
                let name = rd_kafka_ConfigResource_name(resource)
            else { continue }
            settings[String(cString: name)] = entries(resource)
        }
        return settings
    }

    private static func entries(_ resource: OpaquePointer) -> [String: String] {
        var count = 0
        guard let entries = rd_kafka_ConfigResource_configs(resource, &count) else { return [:] }
        var settings: [String: String] = [:]
        for index in 0..<count {
            guard let entry = entries[index], let name = rd_kafka_ConfigEntry_name(entry),
                let value = rd_kafka_ConfigEntry_value(entry)
            else { continue }
            settings[String(cString: name)] = String(cString: value)
        }
        return settings
    }
}
