internal import KafkaClient
internal import ServiceKit

/// `KAFKA_TRANSACTIONS`: whether outcomes and offsets are committed in transactions.
enum DeliveryChoice: String, Sendable, CaseIterable {
    /// As the broker can: on every Kafka, not on the embedded broker.
    case auto
    case on
    case off

    /// Reads `KAFKA_TRANSACTIONS`, which is `auto` unless it is set.
    init(_ environment: Environment) throws(ConfigurationError) {
        let text = environment.string("KAFKA_TRANSACTIONS") ?? DeliveryChoice.auto.rawValue
        guard let choice = DeliveryChoice(rawValue: text.lowercased()) else {
            throw ConfigurationError(
                "KAFKA_TRANSACTIONS", "one of \(DeliveryChoice.allCases.map(\.rawValue).joined(separator: ", "))", text)
        }
        self = choice
    }

    /// Whether transactions are used with a broker of this kind.
    func usesTransactions(on kind: Cluster.Kind) -> Bool {
        switch self {
        case .auto: kind == .kafka
        case .on: true
        case .off: false
        }
    }
}
