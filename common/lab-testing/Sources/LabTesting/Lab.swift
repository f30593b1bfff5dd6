internal import Foundation
internal import XCTest

/// The services of one part as they run, told by the environment that `tests/run_tests.sh` sets.
public struct Lab: Sendable {
    private static let variables = ProcessInfo.processInfo.environment

    /// Whether a lab is up for these tests; without one, system tests are skipped, and say so.
    public static var isUp: Bool { variables["LAB_UP"] == "1" }

    /// `native` or `docker`.
    public static var mode: String { variables["LAB_MODE"] ?? "native" }

    /// Skips a test that stops or pauses the broker, where that is somebody else's.
    public static func needOwnBroker() throws {
        if !isUp || variables["LAB_BROKER"] == "given" { throw XCTSkip("the broker is not the lab's own") }
    }

    /// The port of a service, by the variable that its URL stands in, such as `ORDER_URL`.
    ///
    /// `tests/run_tests.sh` sets these variables for what runs when the tests begin. A test may start more, such as a second
    /// instance of a service: then `./lab env` is asked.
    ///
    /// - Throws: if the variable is missing or is no URL, so that a test fails and is not skipped.
    public static func port(_ variable: String) throws -> Int {
        var text = variables[variable]
        if text == nil, variables["LAB"] != nil { text = value(of: variable, in: try run("env")) }
        guard let port = text.flatMap({ URL(string: $0) })?.port else {
            throw CommandFailure(description: "\(variable) must be a URL with a port: see ./lab env")
        }
        return port
    }

    /// The value of a variable in what `./lab env` printed, a `KEY=value` a line.
    static func value(of variable: String, in lines: String) -> String? {
        for line in lines.split(whereSeparator: \.isNewline) where line.hasPrefix(variable + "=") {
            return String(line.dropFirst(variable.count + 1))
        }
        return nil
    }

    /// A port of this machine that nobody listens on at the moment.
    public static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(descriptor, name, size) == 0 ? getsockname(descriptor, name, &size) : -1
            }
        }
        guard status == 0 else { throw CommandFailure(description: "no port: \(String(cString: strerror(errno)))") }
        return Int(UInt16(bigEndian: name.sin_port))
    }

    /// Runs the part's own `./lab` with arguments, and waits for it.
    ///
    /// - Returns: what it printed.
    /// - Throws: ``CommandFailure`` where it exits with anything but 0.
    @discardableResult
    public static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> String {
        try run(arguments, environment: environment)
    }

    /// The same, with the arguments in an array.
    @discardableResult
    public static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> String {
        guard let path = variables["LAB"] else { throw CommandFailure(description: "LAB must name the part's ./lab") }
        return try execute([path] + arguments, environment: environment)
    }

    /// Runs a program, by its path, and waits for it.
    ///
    /// - Returns: what it printed.
    /// - Throws: ``CommandFailure`` where it exits with anything but 0.
    @discardableResult
    public static func execute(_ command: [String], environment: [String: String] = [:]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = variables.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailure(description: "\(command.joined(separator: " ")) failed:\n\(text)")
        }
        return text
    }

    /// A command that failed, with its output.
    public struct CommandFailure: Error, CustomStringConvertible {
        /// What failed and what it printed.
        public let description: String

        /// Takes what failed and what it printed.
        public init(description: String) { self.description = description }
    }

    /// Asks again and again, every 20 ms, until the answer is `true` or the time is over.
    ///
    /// - Returns: whether it ever was.
    public static func eventually(within seconds: Double = 30, _ condition: () throws -> Bool) rethrows -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        repeat {
            if try condition() { return true }
            Thread.sleep(forTimeInterval: 0.02)
        } while Date() < end
        return false
    }
}
