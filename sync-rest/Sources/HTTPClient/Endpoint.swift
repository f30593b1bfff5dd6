internal import CCurl
public import ServiceKit

/// Where calls of one kind go: a URL with a time limit, and the handles that are set up for it.
///
/// `@unchecked Sendable`: `idle` is touched on the client's loop only.
public final class Endpoint: @unchecked Sendable {
    /// The whole URL.
    public let url: String
    /// Seconds that a call may take in all, connecting included.
    public let timeout: Double
    /// The URL as libcurl has parsed it, once for all calls.
    let parts: OpaquePointer
    /// Handles between two calls.
    var idle: [Transfer] = []
    /// So many handles are kept; what a burst needed beyond that is freed.
    static let mostIdle = 1024

    /// Takes a base URL that ``BaseURL`` has checked, and a path.
    public init(_ base: BaseURL, _ path: String, timeout: Double) {
        url = base.text + path
        self.timeout = timeout
        guard let parts = curl_url() else { preconditionFailure("libcurl has no memory for a URL") }
        precondition(curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK, "no URL: \(url)")
        self.parts = parts
    }

    deinit { curl_url_cleanup(parts) }
}

/// The beginning of a URL: scheme, host, port, perhaps a path; no credentials, query or fragment.
public struct BaseURL: Sendable {
    let text: String

    /// Reads `http://` or `https://` URLs, as libcurl understands them; `nil` for anything else.
    public init?(_ text: String) {
        guard let parts = curl_url() else { return nil }
        defer { curl_url_cleanup(parts) }
        func part(_ part: CURLUPart) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parts, part, &text, 0) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        // An empty fragment counts as none, but would swallow the path that is put behind it.
        guard !text.contains("#"), curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK,
            let scheme = part(CURLUPART_SCHEME), ["http", "https"].contains(scheme.lowercased()),
            [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY].allSatisfy({ part($0) == nil })
        else { return nil }
        self.text = text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// Reads a variable.
    ///
    /// - Throws: ``ConfigurationError`` where it is no such URL.
    public init(_ environment: Environment, _ name: String, default value: String) throws(ConfigurationError) {
        let text = environment.string(name) ?? value
        guard let url = BaseURL(text) else {
            // What stands before an "@" may be a secret.
            let shown = text.contains("@") ? "…@…" : text
            throw ConfigurationError(name, "a URL such as http://127.0.0.1:8001, without user or password", shown)
        }
        self = url
    }
}
