internal import CRabbitMQ

/// What went wrong between this client and the broker.
public struct AMQPError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What a caller may want to tell apart.
    public enum Kind: Sendable, Equatable {
        /// No connection: nobody listens, the name is unknown, or the handshake got no answer.
        case couldNotConnect
        /// The certificate or the host name in it is not the expected one, or TLS could not be agreed on.
        case notTrusted
        /// The broker refused the user, the password or the virtual host.
        case accessRefused
        /// The connection ended.
        case connectionLost
        /// The broker did not answer in time.
        case timedOut
        /// The broker closed the channel, with this reply code: 403 in use, 404 not found, 406 declared otherwise.
        case channelClosed(code: Int)
        /// The queue was deleted under its consumer.
        case consumerCancelled
        /// The client was told to stop.
        case cancelled
    }

    /// What went wrong.
    public let kind: Kind
    /// The library's or the broker's own text, for the log only.
    public let description: String

    /// Takes what went wrong and a text for the log.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Takes a status of librabbitmq.
    init(status: Int32, while action: String) {
        let kind: Kind
        switch amqp_status_enum(rawValue: status) {
        case AMQP_STATUS_TIMEOUT, AMQP_STATUS_HEARTBEAT_TIMEOUT: kind = .timedOut
        case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED: kind = .couldNotConnect
        case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED, AMQP_STATUS_SSL_PEER_VERIFY_FAILED,
            AMQP_STATUS_SSL_CONNECTION_FAILED:
            kind = .notTrusted
        default: kind = .connectionLost
        }
        self.init(kind, "\(action): \(String(cString: amqp_error_string2(status))) (librabbitmq \(status))")
    }

    /// What `/ready` tells of it: no address, no credential, no library text.
    public var summary: String {
        switch kind {
        case .accessRefused: "the broker, which refuses the user, the password or the virtual host"
        case .notTrusted: "the broker, whose certificate is not trusted"
        case .channelClosed(code: 406): "the broker, where a queue or exchange was declared otherwise"
        default: "the broker"
        }
    }
}
