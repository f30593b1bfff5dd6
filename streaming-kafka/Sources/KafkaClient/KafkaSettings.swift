internal import CRdKafka
public import ServiceKit

/// Where the broker is, and what the environment sets of librdkafka beside that.
public struct KafkaSettings: Sendable {
    /// `KAFKA_BOOTSTRAP`: `host:port`, several separated by commas.
    public let bootstrap: String
    /// The settings from the environment, by the names of librdkafka.
    let overrides: [(name: String, value: String)]
    private static let prefix = "KAFKA_CONFIG_"

    /// What a service's promises rest on, so that no variable may change it.
    private static let reserved: Set<String> = [
        "bootstrap.servers", "metadata.broker.list", "group.id", "group.instance.id", "enable.auto.commit",
        "enable.auto.offset.store", "isolation.level", "transactional.id", "enable.idempotence", "acks",
        "request.required.acks", "enable.partition.eof", "auto.offset.reset", "partition.assignment.strategy",
        "test.mock.num.brokers",
    ]

    /// Reads `KAFKA_BOOTSTRAP` and every `KAFKA_CONFIG_…`, and tries each setting on librdkafka.
    ///
    /// - Throws: ``ConfigurationError`` where one is malformed, unknown, out of range, or the service's own.
    public init(_ environment: Environment) throws(ConfigurationError) {
        bootstrap = environment.string("KAFKA_BOOTSTRAP") ?? "127.0.0.1:9092"
        guard KafkaSettings.isBrokerList(bootstrap) else {
            throw ConfigurationError("KAFKA_BOOTSTRAP", "host:port, several separated by commas", bootstrap)
        }
        var overrides: [(name: String, value: String)] = []
        let variables = environment.all(prefix: KafkaSettings.prefix).sorted { $0.key < $1.key }
        for (suffix, value) in variables where !value.isEmpty {
            let name = String(suffix.lowercased().map { $0 == "_" ? "." : $0 })
            try KafkaSettings.check(KafkaSettings.prefix + suffix, name, value)
            overrides.append((name, value))
        }
        self.overrides = overrides
    }

    /// Takes a broker's address, for tests and tools.
    public init(bootstrap: String) {
        self.bootstrap = bootstrap
        overrides = []
    }

    private static func isBrokerList(_ text: String) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { entry in
            guard let colon = entry.lastIndex(of: ":"), colon != entry.startIndex else { return false }
            let isClean = entry.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            return isClean && Int(entry[entry.index(after: colon)...]).map { (1...65535).contains($0) } == true
        }
    }

    private static func check(_ variable: String, _ name: String, _ value: String) throws(ConfigurationError) {
        guard !reserved.contains(name) else {
            throw ConfigurationError(variable, "left out, since the service's promises rest on that setting", value)
        }
        let configuration = rd_kafka_conf_new()
        defer { rd_kafka_conf_destroy(configuration) }
        var text = [CChar](repeating: 0, count: 256)
        let result = rd_kafka_conf_set(configuration, name, value, &text, text.count)
        // A secret must not stand in a log, whatever is wrong with it.
        let shown = ["password", "secret", "key", "pem"].contains { name.contains($0) } ? "…" : value
        if result == RD_KAFKA_CONF_UNKNOWN {
            throw ConfigurationError(variable, "named after a setting that librdkafka has", shown)
        }
        if result != RD_KAFKA_CONF_OK {
            throw ConfigurationError(variable, "a value that librdkafka takes for \(name)", shown)
        }
    }
}
