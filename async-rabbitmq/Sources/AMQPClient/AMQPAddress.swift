public import ServiceKit

/// Where the broker is and who asks: `amqp://user:password@host:port/vhost`, or `amqps://` for TLS.
///
/// A part that is missing has RabbitMQ's default: `guest`, `guest`, port 5672 or 5671, and the virtual host `/`. User,
/// password and virtual host may be percent-encoded, as in `/%2F`.
///
/// librabbitmq has `amqp_parse_url`, which is not used: in version 0.11 it refuses each percent-encoded byte above 7F (so a
/// password may not hold `é`), an upper-case scheme and a colon in a password. It takes `%00` as the end of a name, `%+1` as a
/// byte, port 0, a port with a sign or a space, an empty user, white space in a host, and an empty path as the virtual host
/// without a name. And it turns a host that is missing into `localhost`. What would be left of it is the splitting at `@`.
public struct AMQPAddress: Sendable, Equatable {
    /// The host's name or address.
    public let host: String
    /// The port.
    public let port: Int
    /// The virtual host.
    public let virtualHost: String
    /// The file of the certificate authorities to trust; `nil` without TLS.
    public let authorities: String?
    let user: String
    let password: String

    /// The system's own list of authorities on Debian and Ubuntu, for a broker with a public certificate.
    public static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    /// Reads a URL; `nil` if it is none of this kind.
    ///
    /// - Parameter authorities: the file to trust if the scheme is `amqps`.
    public init?(_ text: String, authorities: String = AMQPAddress.systemAuthorities) {
        let isTLS: Bool
        var rest = text[...]
        if let after = AMQPAddress.dropping("amqp://", from: text) {
            (isTLS, rest) = (false, after)
        } else if let after = AMQPAddress.dropping("amqps://", from: text) {
            (isTLS, rest) = (true, after)
        } else {
            return nil
        }
        guard !rest.contains(where: { $0 == "?" || $0 == "#" || $0.isWhitespace }) else { return nil }
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.count > 1 ? parts[1] : ""
        guard !path.contains("/"), let name = AMQPAddress.decoded(path) else { return nil }
        virtualHost = name.isEmpty ? "/" : name
        var authority = parts[0]
        var credentials = "guest:guest"[...]
        if let mark = authority.lastIndex(of: "@") {
            credentials = authority[..<mark]
            authority = authority[authority.index(after: mark)...]
        }
        let pair = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let user = AMQPAddress.decoded(pair[0]),
            let password = AMQPAddress.decoded(pair.count > 1 ? pair[1] : ""),
            !user.isEmpty, let (host, port) = AMQPAddress.endpoint(authority)
        else { return nil }
        (self.user, self.password, self.host) = (user, password, host)
        self.port = port ?? (isTLS ? 5671 : 5672)
        self.authorities = isTLS ? authorities : nil
    }

    /// Reads `RABBITMQ_URL`, and `RABBITMQ_CA_FILE` for `amqps://`.
    ///
    /// - Throws: ``ConfigurationError`` if the URL is none; its text, which may hold a password, is not repeated.
    public init(_ environment: Environment) throws(ConfigurationError) {
        let text = environment.string("RABBITMQ_URL") ?? "amqp://guest:guest@127.0.0.1:5672/"
        let authorities = environment.string("RABBITMQ_CA_FILE") ?? AMQPAddress.systemAuthorities
        guard let address = AMQPAddress(text, authorities: authorities) else {
            throw ConfigurationError("RABBITMQ_URL", "a URL such as amqp://user:password@host:5672/", "(not shown)")
        }
        self = address
    }

    private static func dropping(_ scheme: String, from text: String) -> Substring? {
        text.prefix(scheme.count).lowercased() == scheme ? text.dropFirst(scheme.count) : nil
    }

    private static func endpoint(_ text: Substring) -> (host: String, port: Int?)? {
        var host = text
        var digits: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let after = text[text.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { return nil }
            digits = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            digits = text[text.index(after: colon)...]
        }
        guard !host.isEmpty, !host.contains("\0") else { return nil }
        guard let digits else { return (String(host), nil) }
        guard let port = Int(digits), (1...65535).contains(port) else { return nil }
        return (String(host), port)
    }

    /// Undoes percent-encoding; `nil` if it is broken, not UTF-8, or holds NUL, at which C would end the text.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let digits = String(rest.prefix(2)), let value = UInt8(digits, radix: 16),
                digits.first != "+"
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
