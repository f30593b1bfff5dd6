internal import CRdKafka

/// What no waiting mends: somebody has made a mistake, and must correct it.
extension KafkaError {
    /// The sentence that `/ready` shows for a code, with the remedy; `nil` for what may pass by itself. It holds no address, no
    /// credential and no text of the library.
    static func mistake(_ code: rd_kafka_resp_err_t) -> String? {
        switch code {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
            RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
            "the broker refuses this service's credentials: correct KAFKA_CONFIG_SECURITY_PROTOCOL and KAFKA_CONFIG_SASL_…"
        case RD_KAFKA_RESP_ERR__SSL:
            "no TLS connection to the broker comes about: correct KAFKA_CONFIG_SECURITY_PROTOCOL and KAFKA_CONFIG_SSL_…"
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
            "the broker does not let this service use a topic: grant its user reading and writing of the lab's topics"
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
            "the broker does not let this service use its group: grant its user reading of the lab's groups"
        case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            "the broker does not let this service use transactions: grant its user writing with its transactional.id"
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
            "the broker does not let this service produce idempotently: grant its user IdempotentWrite on the cluster"
        case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
            "the broker does not know a request that this service needs: use Apache Kafka from 0.11 to 3.9"
        default: nil
        }
    }

    /// A topic that somebody has made with another number of partitions.
    static func wrongPartitions(_ topic: Cluster.Topic, found: Int) -> KafkaError {
        let must = "\(topic.name) has \(found) partition\(found == 1 ? "" : "s") instead of \(topic.partitions)"
        return KafkaError(
            code: -1, must, isRetriable: true,
            mistake: "the topic \(must): delete it and let the services make it, or create it with \(topic.partitions) "
                + "partitions")
    }

    /// A topic that is missing, and that this service may not make.
    static func missing(_ topic: Cluster.Topic) -> KafkaError {
        KafkaError(
            code: -1, "\(topic.name) is missing, and may not be made", isRetriable: true,
            mistake: "the topic \(topic.name) is missing, and this service may not create it: create it with "
                + "\(topic.partitions) partitions")
    }
}
