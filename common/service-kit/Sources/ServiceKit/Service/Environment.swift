internal import Glibc

/// A service's configuration: environment variables, read with their ranges.
public struct Environment: Sendable {
    private let variables: [String: String]

    /// The variables of this process.
    public static func process() -> Environment {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return Environment(variables)
    }

    /// Takes variables from elsewhere, for tests.
    public init(_ variables: [String: String]) { self.variables = variables }

    /// The text of a variable; `nil` where it is not set or empty, as compose files leave it.
    public func string(_ name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The variables that begin with `prefix`, without it.
    public func all(prefix: String) -> [String: String] {
        var found: [String: String] = [:]
        for (name, value) in variables where name.hasPrefix(prefix) {
            found[String(name.dropFirst(prefix.count))] = value
        }
        return found
    }

    /// Reads an integer.
    ///
    /// - Throws: ``ConfigurationError`` where it is none or outside `range`.
    public func integer(
        _ name: String, in range: ClosedRange<Int>, default value: Int
    ) throws(ConfigurationError) -> Int {
        guard let text = string(name) else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError(name, "an integer from \(range.lowerBound) to \(range.upperBound)", text)
        }
        return number
    }

    /// Reads a number of seconds, fractions allowed.
    ///
    /// - Throws: ``ConfigurationError`` where it is none or outside `range`.
    public func seconds(
        _ name: String, in range: ClosedRange<Double>, default value: Double
    ) throws(ConfigurationError) -> Double {
        guard let text = string(name) else { return value }
        guard let number = Double(text), range.contains(number) else {
            throw ConfigurationError(name, "seconds from \(range.lowerBound) to \(range.upperBound)", text)
        }
        return number
    }

    /// Reads `true` or `false`, also as `1` or `0`.
    ///
    /// - Throws: ``ConfigurationError`` where it is neither.
    public func bool(_ name: String, default value: Bool) throws(ConfigurationError) -> Bool {
        switch string(name)?.lowercased() {
        case nil: return value
        case "true", "1": return true
        case "false", "0": return false
        case let text?: throw ConfigurationError(name, "true or false", text)
        }
    }
}

/// A variable with a value that the service cannot use.
public struct ConfigurationError: Error, CustomStringConvertible {
    /// The variable's name.
    public let variable: String
    private let expectation: String
    private let value: String

    /// Takes the name, what it takes (`"seconds from 0 to 60"`), and what it was given.
    public init(_ variable: String, _ expectation: String, _ value: String) {
        self.variable = variable
        self.expectation = expectation
        self.value = value
    }

    /// One line for a person.
    public var description: String {
        "\(variable) must be \(expectation), not \"\(String(value.map { $0.isNewline ? " " : $0 }))\""
    }
}
