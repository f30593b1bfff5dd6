/// Whose web pages may ask a service to change something, and read its answers.
///
/// A browser lets any page that a person visits send a simple POST to any address, this machine's own included, and tells
/// whose page it is in `Origin` (RFC 6454, section 7). Programs such as `curl` send none, and are not concerned.
public struct OriginPolicy: Sendable {
    private let allowed: Set<String>

    /// Allows the service's own origin and loopback, and these beside them, such as `https://campus.example`.
    ///
    /// - Returns: `nil` where one of them is no origin: a scheme, a host and perhaps a port.
    public init?(allowed: [String]) {
        var known: Set<String> = []
        for text in allowed {
            guard let origin = Origin(text) else { return nil }
            known.insert(origin.text)
        }
        self.allowed = known
    }

    /// Allows the service's own origin and loopback.
    public init() { allowed = [] }

    /// Reads `ALLOWED_ORIGINS`: origins, separated by commas.
    ///
    /// - Throws: ``ConfigurationError`` where one of them is none.
    public init(_ environment: Environment) throws(ConfigurationError) {
        let text = environment.string("ALLOWED_ORIGINS") ?? ""
        let list = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard let policy = OriginPolicy(allowed: text.isEmpty ? [] : list) else {
            throw ConfigurationError(
                "ALLOWED_ORIGINS", "origins such as https://campus.example:8443, separated by commas", text)
        }
        self = policy
    }

    /// Whether a request may be answered.
    ///
    /// - Parameters:
    ///   - origin: the header `Origin`.
    ///   - host: the header `Host`.
    func allows(method: String, origin: HeaderValue, host: HeaderValue) -> Bool {
        origin == .missing || ["GET", "HEAD", "OPTIONS"].contains(method) || allowedOrigin(origin, host: host) != nil
    }

    /// The origin of a request, as it was sent, if its pages may change something here and read all answers; else `nil`.
    ///
    /// - Parameters:
    ///   - origin: the header `Origin`; a request with several of them comes from no browser that can be trusted.
    ///   - host: the header `Host`, by which the client names the service itself.
    func allowedOrigin(_ origin: HeaderValue, host: HeaderValue) -> String? {
        guard case .one(let text) = origin, let origin = Origin(text) else { return nil }
        if origin.isLoopback || allowed.contains(origin.text) { return text }
        guard case .one(let host) = host else { return nil }
        return origin.authority == Origin.authority(host, scheme: origin.scheme) ? text : nil
    }
}

/// A scheme, a host and a port, as a browser writes them; in lower case, without the scheme's default port.
private struct Origin {
    let scheme: Substring
    let authority: String

    var text: String { scheme + "://" + authority }

    /// Whether the page comes from this machine, from whatever port.
    var isLoopback: Bool {
        ["localhost", "127.0.0.1", "[::1]"].contains { authority == $0 || isHost($0) }
    }

    private func isHost(_ host: String) -> Bool {
        guard authority.hasPrefix(host + ":") else { return false }
        return Origin.isPort(authority.dropFirst(host.count + 1))
    }

    init?(_ text: String) {
        let lowercased = text.lowercased()
        guard let mark = lowercased.firstRange(of: "://") else { return nil }
        scheme = lowercased[..<mark.lowerBound]
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = lowercased[mark.upperBound...]
        guard Origin.isAuthority(rest) else { return nil }
        authority = Origin.authority(String(rest), scheme: scheme)
    }

    /// A host, and a port where it is not the default one of the scheme.
    static func authority(_ text: String, scheme: Substring) -> String {
        let text = text.lowercased()
        let port = scheme == "https" ? ":443" : ":80"
        return text.hasSuffix(port) ? String(text.dropLast(port.count)) : text
    }

    /// Whether a text is a host, by name or address, with or without a port: no user, no path, nothing else.
    private static func isAuthority(_ text: Substring) -> Bool {
        var host = text
        let end = text.first == "[" ? text.firstIndex(of: "]").map { text.index(after: $0) } : text.firstIndex(of: ":")
        if let end, end != text.endIndex {
            guard text[end] == ":", isPort(text[text.index(after: end)...]) else { return false }
            host = text[..<end]
        }
        if host.first == "[" {
            return host.last == "]" && host.count > 2
                && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" }
        }
        return !host.isEmpty && host.utf8.allSatisfy { Origin.isHostByte($0) }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } && Int(text).map { (1...65535).contains($0) } == true
    }
}
