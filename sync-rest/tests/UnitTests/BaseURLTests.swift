import HTTPClient
import ServiceKit
import XCTest

final class BaseURLTests: XCTestCase {
    /// The URL that a call of `/reserve` goes to, `nil` where the base is refused.
    private func endpoint(_ text: String) -> String? {
        BaseURL(text).map { Endpoint($0, "/reserve", timeout: 1).url }
    }

    func testAnEndpointIsTheBaseAndThePath() {
        for (base, url) in [
            ("http://127.0.0.1:8001", "http://127.0.0.1:8001/reserve"),
            ("http://127.0.0.1:8001/", "http://127.0.0.1:8001/reserve"),
            ("http://inventory", "http://inventory/reserve"),
            ("https://inventory.example", "https://inventory.example/reserve"),
            ("HTTP://inventory:1", "HTTP://inventory:1/reserve"),
            ("http://[::1]:8001", "http://[::1]:8001/reserve"),
            ("http://gateway/inventory", "http://gateway/inventory/reserve"),
            ("http://gateway/inventory/", "http://gateway/inventory/reserve"),
            ("http://inventory:65535", "http://inventory:65535/reserve"),
        ] {
            XCTAssertEqual(endpoint(base), url, base)
        }
    }

    func testCredentialsAreRefused() {
        for base in ["http://user@host:1", "http://user:secret@host:1", "http://:secret@host:1", "http://@host:1"] {
            XCTAssertNil(endpoint(base), base)
        }
    }

    func testQueriesAndFragmentsAreRefusedAlsoWhereTheyAreEmpty() {
        for base in [
            "http://h/?a=1", "http://h?a=1", "http://h/#top", "http://h#top", "http://h/?", "http://h?", "http://h/#",
            "http://h#",
        ] {
            XCTAssertNil(endpoint(base), base)
        }
    }

    func testOtherSchemesAreRefused() {
        for base in ["ftp://h", "file:///etc/passwd", "gopher://h", "ws://h", "amqp://h", "httpx://h", "://h"] {
            XCTAssertNil(endpoint(base), base)
        }
    }

    func testWhatIsNoURLIsRefused() {
        for base in [
            "", "/", "h", "h:8001", "127.0.0.1:8001", "http:", "http://", "http://h:x",
            "http://h:65536",
            "http://h:-1", "http://h o", "http://h\r\nX: y", "http://[::1", "\u{0}",
        ] {
            XCTAssertNil(endpoint(base), base)
        }
    }

    // MARK: Variables

    func testAVariableThatIsNotSetOrEmptyGivesTheDefault() throws {
        for variables in [[:], ["INVENTORY_URL": ""]] {
            let url = try BaseURL(Environment(variables), "INVENTORY_URL", default: "http://h:1")
            XCTAssertEqual(Endpoint(url, "/x", timeout: 1).url, "http://h:1/x")
        }
    }

    func testAVariableIsRead() throws {
        let url = try BaseURL(Environment(["INVENTORY_URL": "http://i:2"]), "INVENTORY_URL", default: "http://h:1")
        XCTAssertEqual(Endpoint(url, "/x", timeout: 1).url, "http://i:2/x")
    }

    func testABadVariableIsNamedInOneLine() {
        for end in ["\n", "\r", "\r\n"] {
            let environment = Environment(["INVENTORY_URL": "ftp://h" + end + "second line"])
            XCTAssertThrowsError(try BaseURL(environment, "INVENTORY_URL", default: "http://h:1")) {
                let line = "\($0)"
                XCTAssertTrue(line.hasPrefix("INVENTORY_URL must be a URL"), line)
                XCTAssertFalse(line.contains(where: \.isNewline), line)
            }
        }
    }
}
