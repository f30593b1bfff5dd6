/// Which kinds of body a client takes, as its `Accept` header says (RFC 9110, section 12.5.1).
public struct AcceptHeader: Sendable {
    private let ranges: [(type: Substring, quality: Double)]

    /// Reads a header; without one anything is welcome.
    public init(_ text: String?) {
        ranges = (text ?? "*/*").lowercased().split(separator: ",").map { range in
            let parts = range.split(separator: ";").map { AcceptHeader.trimmed($0) }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
            return (parts.first ?? "", quality ?? 1)
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return start.prefix { $0 != " " && $0 != "\t" }
    }

    /// How welcome a media type such as `text/plain` is, from 0, not at all, to 1: what the most specific range says.
    public func quality(of type: String) -> Double {
        let family = type.prefix { $0 != "/" } + "/*"
        for range in [type[...], family, "*/*"] {
            if let found = ranges.first(where: { $0.type == range }) { return found.quality }
        }
        return 0
    }
}
