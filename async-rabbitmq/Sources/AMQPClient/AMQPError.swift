internal import CRabbitMQ
public import ServiceKit

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
        /// A queue or exchange is there already and was declared otherwise.
        case declaredOtherwise(AMQPMismatch)
        /// The user may not declare or consume this queue or exchange.
        case notPermitted(String)
        /// The message cannot be encoded: one of its texts is too long. Nothing was sent, and the connection is as before.
        case unencodable
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

    /// Whether the broker has closed one channel with it, and the connection goes on.
    var isAboutChannel: Bool {
        switch kind {
        case .channelClosed, .declaredOtherwise, .notPermitted: true
        default: false
        }
    }

    /// What `/ready` tells of it: no address, no credential, no library text.
    public var state: AMQPState {
        switch kind {
        case .accessRefused:
            .misconfigured(
                "the broker refuses the user, the password or the virtual host: correct them in RABBITMQ_URL, or in the "
                    + "broker")
        case .notTrusted:
            .misconfigured(
                "the broker's certificate is not trusted: name the host that stands in it in RABBITMQ_URL, and the "
                    + "authority that signed it in RABBITMQ_CA_FILE")
        case .declaredOtherwise(let mismatch): .misconfigured(mismatch.description)
        case .notPermitted(let name):
            .misconfigured(
                "the broker's user may not use \(name): give it the permissions to configure, write and read there")
        default: .waiting("the broker")
        }
    }
}

/// What a publisher or consumer needs before it can work, as `/ready` tells.
public enum AMQPState: Sendable, Equatable {
    /// Nothing: it works.
    case ready
    /// Something that comes by itself, in a few words.
    case waiting(String)
    /// A mistake that somebody must correct: one sentence that names it and the remedy.
    case misconfigured(String)

    /// The broker reads nothing more, until it has memory or disk again.
    public static let blocked = AMQPState.waiting("the broker, which takes nothing since it is short of memory or disk")
}

extension Readiness {
    /// Says what a part of the service needs before it can work.
    public func set(_ part: String, _ state: AMQPState) {
        switch state {
        case .ready: set(part, missing: nil)
        case .waiting(let missing): set(part, missing: missing)
        case .misconfigured(let mistake): set(part, missing: mistake, isPermanent: true)
        }
    }
}
