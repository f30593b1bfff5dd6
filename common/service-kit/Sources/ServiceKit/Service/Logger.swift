internal import CLinux  // whose headers bring `timespec` first
internal import Glibc
public import Tracing

/// Writes lines to stderr: time, level, service, a fixed message, then `key=value` pairs.
public struct Logger: Sendable {
    /// How grave a line is.
    public enum Level: Int, Sendable, CaseIterable, Comparable {
        case debug, info, warning, error

        /// As `LOG_LEVEL` takes it, and as the line shows it.
        public var name: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }

        /// Orders levels from debug to error.
        public static func < (one: Level, other: Level) -> Bool { one.rawValue < other.rawValue }
    }

    /// The name of what a line may carry. Here are those of every service; who has others adds them in an extension.
    public struct Key: Sendable {
        let name: StaticString
        /// Takes a name as it stands in the line.
        public init(_ name: StaticString) { self.name = name }

        /// How often something was tried.
        public static var attempts: Key { Key("attempts") }
        /// How many there are.
        public static var count: Key { Key("count") }
        /// What the line is about, in a few words.
        public static var detail: Key { Key("detail") }
        /// What went wrong.
        public static var error: Key { Key("error") }
        /// The method of a request.
        public static var httpMethod: Key { Key("method") }
        /// The path of a request.
        public static var httpPath: Key { Key("path") }
        /// The status of an answer.
        public static var httpStatus: Key { Key("status") }
        /// Where a service listens.
        public static var port: Key { Key("port") }
        /// A time span.
        public static var seconds: Key { Key("seconds") }
        /// The signal that stops a service.
        public static var signal: Key { Key("signal") }
    }

    private let service: String
    private let level: Level

    /// Makes a logger for a service.
    public init(service: String, level: Level) {
        self.service = service
        self.level = level
    }

    /// Reads `LOG_LEVEL`: `debug`, `info` (the default), `warning` or `error`.
    ///
    /// - Throws: ``ConfigurationError`` for any other value.
    public init(service: String, environment: Environment) throws(ConfigurationError) {
        let text = environment.string("LOG_LEVEL") ?? Level.info.name
        guard let level = Level.allCases.first(where: { $0.name == text.lowercased() }) else {
            let names = Level.allCases.map(\.name).joined(separator: ", ")
            throw ConfigurationError("LOG_LEVEL", "one of \(names)", text)
        }
        self.init(service: service, level: level)
    }

    /// Whether lines of this level are written; ask before building expensive pairs.
    public func isEnabled(_ level: Level) -> Bool { level >= self.level }

    /// For whoever follows one request.
    ///
    /// - Parameter context: of the request that the line is about; its identifier stands at the end of the line.
    public func debug(
        _ message: StaticString, _ pairs: KeyValuePairs<Key, String> = [:], of context: RequestContext? = nil
    ) {
        write(.debug, message, pairs, context)
    }

    /// What an operator wants to know of a healthy service.
    public func info(
        _ message: StaticString, _ pairs: KeyValuePairs<Key, String> = [:], of context: RequestContext? = nil
    ) {
        write(.info, message, pairs, context)
    }

    /// Something went wrong that the service deals with.
    public func warning(
        _ message: StaticString, _ pairs: KeyValuePairs<Key, String> = [:], of context: RequestContext? = nil
    ) {
        write(.warning, message, pairs, context)
    }

    /// Something went wrong that a person should look at.
    public func error(
        _ message: StaticString, _ pairs: KeyValuePairs<Key, String> = [:], of context: RequestContext? = nil
    ) {
        write(.error, message, pairs, context)
    }

    private func write(
        _ level: Level, _ message: StaticString, _ pairs: KeyValuePairs<Key, String>, _ context: RequestContext?
    ) {
        guard isEnabled(level) else { return }
        var line = "\(Logger.timestamp()) \(level.name.uppercased()) \(service) \(message)"
        for (key, value) in pairs { line += " \(key.name)=\(Logger.quoted(value))" }
        if let id = context?.requestID { line += " request_id=\(Logger.quoted(id))" }
        line += "\n"
        // One write a line, so that lines of several threads or processes do not mix.
        writeToStandardError(line)
    }

    /// A value that holds a space, a quote or a control character is quoted, so that no input can forge a line.
    ///
    /// `debugDescription` would leave as they are: NEL, CSI, the line separators, and what turns the direction of writing.
    public static func quoted(_ value: String) -> String {
        let scalars = value.unicodeScalars
        let isPlain = scalars.allSatisfy { isVisible($0) && $0 != " " && $0 != "\"" && $0 != "\\" }
        if isPlain && !value.isEmpty { return value }
        return "\"" + scalars.map { $0 == "'" ? "'" : $0.escaped(asASCII: !isVisible($0)) }.joined() + "\""
    }

    /// Whether a character does nothing but show itself.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }

    /// The time in UTC, RFC 3339, with milliseconds.
    private static func timestamp() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        let date = padded(Int(parts.tm_year) + 1900, 4) + "-" + padded(Int(parts.tm_mon) + 1, 2)
        let clock =
            padded(Int(parts.tm_hour), 2) + ":" + padded(Int(parts.tm_min), 2) + ":" + padded(Int(parts.tm_sec), 2)
        return date + "-" + padded(Int(parts.tm_mday), 2) + "T" + clock + "." + padded(time.tv_nsec / 1_000_000, 3)
            + "Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// Writes a text to stderr at once, past every buffer.
func writeToStandardError(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
