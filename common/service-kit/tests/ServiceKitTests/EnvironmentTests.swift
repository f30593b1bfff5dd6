import Foundation
import XCTest

@testable import ServiceKit

final class EnvironmentTests: XCTestCase {
    private func environment(_ value: String) -> Environment { Environment(["NAME": value]) }

    /// Each of the values is refused, and the error is one line that says which variable it is, and what it takes.
    private func assertRefused(
        _ values: [String], naming variable: String = "NAME", expecting expectation: String, line: UInt = #line,
        _ read: (String) throws -> Any
    ) {
        for value in values {
            XCTAssertThrowsError(try read(value), value, line: line) { error in
                XCTAssertEqual((error as? ConfigurationError)?.variable, variable, line: line)
                let text = "\(error)"
                XCTAssertTrue(text.hasPrefix("\(variable) must be \(expectation), not "), text, line: line)
                XCTAssertFalse(text.contains(where: \.isNewline), text, line: line)
            }
        }
    }

    func testAVariableThatIsNotSetOrEmptyHasItsDefault() throws {
        for environment in [Environment([:]), environment("")] {
            XCTAssertNil(environment.string("NAME"))
            XCTAssertEqual(try environment.integer("NAME", in: 0...9, default: 10), 10)
            XCTAssertEqual(try environment.seconds("NAME", in: 0...9, default: 10), 10)
            XCTAssertTrue(try environment.bool("NAME", default: true))
            XCTAssertFalse(try environment.bool("NAME", default: false))
        }
    }

    func testTheProcessesVariablesAreRead() {
        setenv("SERVICEKIT_TEST", "a=b c", 1)
        defer { unsetenv("SERVICEKIT_TEST") }
        XCTAssertEqual(Environment.process().string("SERVICEKIT_TEST"), "a=b c")
        XCTAssertNil(Environment.process().string("SERVICEKIT_TES"))
    }

    func testIntegersHaveARange() throws {
        for (text, number) in [("0", 0), ("-5", -5), ("65535", 65535), ("007", 7)] {
            XCTAssertEqual(try environment(text).integer("NAME", in: -5...65535, default: 1), number)
        }
        assertRefused(
            ["-6", "65536", "1.0", "1e3", "x", " 1", "1 ", "0x10", "99999999999999999999", "1\n", "\r\n", "１"],
            expecting: "an integer from -5 to 65535"
        ) { try environment($0).integer("NAME", in: -5...65535, default: 1) }
    }

    func testSecondsHaveARangeAndMayHaveAFraction() throws {
        for (text, number) in [("0", 0), ("0.25", 0.25), ("60", 60), ("1e1", 10)] {
            XCTAssertEqual(try environment(text).seconds("NAME", in: 0...60, default: 1), number)
        }
        assertRefused(
            ["-0.1", "60.1", "nan", "inf", "1e308", "1s", "x", " 1", "1,5", "\n1"],
            expecting: "seconds from 0.0 to 60.0"
        ) { try environment($0).seconds("NAME", in: 0...60, default: 1) }
    }

    func testBoolsAreTrueOrFalse() throws {
        for text in ["true", "TRUE", "True", "1"] {
            XCTAssertTrue(try environment(text).bool("NAME", default: false), text)
        }
        for text in ["false", "FALSE", "0"] {
            XCTAssertFalse(try environment(text).bool("NAME", default: true), text)
        }
        assertRefused(["yes", "no", "on", "2", "t", " true", "tr\nue"], expecting: "true or false") {
            try environment($0).bool("NAME", default: false)
        }
    }

    func testVariablesOfAPrefixComeWithoutIt() {
        let environment = Environment(["CONFIG_A": "1", "CONFIG_B_C": "", "CONFIG": "2", "X_CONFIG_A": "3"])
        XCTAssertEqual(environment.all(prefix: "CONFIG_"), ["A": "1", "B_C": ""])
    }
}
