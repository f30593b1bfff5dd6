import Foundation
import Tracing
import XCTest

@testable import ServiceKit

final class LoggerTests: XCTestCase {
    private func lines(_ level: Logger.Level, _ write: (Logger) -> Void) async throws -> [String] {
        let text = try await standardError { write(Logger(service: "order", level: level)) }
        XCTAssertTrue(text.isEmpty || text.hasSuffix("\n"))
        return text.split(separator: "\n").map { String($0) }
    }

    func testALineHasTimeLevelServiceMessageAndPairs() async throws {
        let lines = try await lines(.info) {
            $0.warning(
                "an order failed", [Logger.Key("order_id"): "0123", .detail: "two words", Logger.Key("item"): ""])
        }
        XCTAssertEqual(lines.count, 1)
        let line = try XCTUnwrap(lines.first)
        let time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/
        XCTAssertNotNil(line.prefixMatch(of: time), line)
        XCTAssertEqual(
            line.replacing(time, with: "T"),
            #"T WARNING order an order failed order_id=0123 detail="two words" item="""#)
    }

    func testALineAboutARequestEndsWithItsIdentifier() async throws {
        let lines = try await lines(.info) {
            $0.info("one", [.count: "1"], of: RequestContext(requestID: "a b"))
            $0.info("two", of: RequestContext(requestID: nil))
        }
        XCTAssertTrue(lines.first?.hasSuffix(#" one count=1 request_id="a b""#) == true, "\(lines)")
        XCTAssertTrue(lines.last?.hasSuffix(" two") == true, "\(lines)")
    }

    func testTheTimeIsNowInUTC() async throws {
        let before = Date()
        let line = try await lines(.info) { $0.info("now") }.first
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let time = try XCTUnwrap(formatter.date(from: String(try XCTUnwrap(line).prefix { $0 != " " })))
        // The line's time is cut to milliseconds.
        XCTAssertGreaterThan(time.timeIntervalSince(before), -0.002)
        XCTAssertLessThan(time.timeIntervalSinceNow, 0.002)
    }

    func testALoggerWritesItsLevelAndGraverOnes() async throws {
        for level in Logger.Level.allCases {
            let written = try await lines(level) { log in
                log.debug("a")
                log.info("b")
                log.warning("c")
                log.error("d")
            }
            let graver = Logger.Level.allCases.filter { $0 >= level }
            XCTAssertEqual(written.map { $0.split(separator: " ")[1].lowercased() }, graver.map(\.name))
            for other in Logger.Level.allCases {
                XCTAssertEqual(Logger(service: "x", level: level).isEnabled(other), other >= level)
            }
        }
    }

    func testLogLevelIsReadInAnyCase() throws {
        let levels: [(text: String, level: Logger.Level)] = [
            ("debug", .debug), ("INFO", .info), ("Warning", .warning), ("error", .error), ("", .info),
        ]
        for (text, level) in levels {
            let log = try Logger(service: "x", environment: Environment(["LOG_LEVEL": text]))
            XCTAssertEqual(Logger.Level.allCases.first { log.isEnabled($0) }, level, text)
        }
        for text in ["warn", "trace", "0", "info "] {
            XCTAssertThrowsError(try Logger(service: "x", environment: Environment(["LOG_LEVEL": text])), text) {
                XCTAssertTrue("\($0)".hasPrefix("LOG_LEVEL must be one of debug, info, warning, error"), "\($0)")
            }
        }
    }

    // MARK: Values

    func testPlainValuesStandAsTheyAre() {
        for value in ["x", "0123-ab", "a=b", "Käse", "🍔", "it's", "/orders?x=1"] {
            XCTAssertEqual(Logger.quoted(value), value)
        }
    }

    func testOtherValuesAreQuoted() {
        for (value, quoted) in [
            ("", #""""#), ("two words", #""two words""#), ("a\"b", #""a\"b""#), (#"a\b"#, #""a\\b""#),
            ("a\nb", #""a\nb""#), ("a\r\nb", #""a\r\nb""#), ("a\u{1B}[2Jb", #""a\u{1B}[2Jb""#),
            ("it's\t", #""it's\t""#), ("\" x=\"1", #""\" x=\"1""#), ("a\u{85}b", #""a\u{0085}b""#),
        ] {
            XCTAssertEqual(Logger.quoted(value), quoted)
        }
    }

    func testNoCharacterForgesALine() {
        for value in 0...0x3100 {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            let quoted = Logger.quoted("a\(scalar)2026 ERROR order forged")
            XCTAssertFalse(quoted.contains(where: \.isNewline), "U+\(String(value, radix: 16))")
            let isInvisible = [.control, .format, .lineSeparator, .paragraphSeparator]
                .contains(scalar.properties.generalCategory)
            XCTAssertFalse(isInvisible && quoted.unicodeScalars.contains(scalar), "U+\(String(value, radix: 16))")
        }
    }

    func testNoValueEndsItsQuotes() {
        for value in ["\"", "\\\"", "\\\\\"", "a \" b", " \\"] {
            let inner = Logger.quoted(value).dropFirst().dropLast()
            XCTAssertNil(inner.replacing(/\\./, with: "").firstIndex(of: "\""), Logger.quoted(value))
        }
    }

    func testLinesOfManyThreadsDoNotMix() async throws {
        let text = try await standardError {
            DispatchQueue.concurrentPerform(iterations: 200) { _ in
                Logger(service: "order", level: .info).info("message", [.detail: String(repeating: "x", count: 100)])
            }
        }
        let expected = "INFO order message detail=" + String(repeating: "x", count: 100)
        let lines = text.split(separator: "\n")
        XCTAssertEqual(lines.count, 200)
        XCTAssertTrue(lines.allSatisfy { $0.drop { $0 != " " }.dropFirst() == expected })
    }
}
