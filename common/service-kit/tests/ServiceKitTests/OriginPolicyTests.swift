import XCTest

@testable import ServiceKit

/// Whose pages may change something: the contract's section 2, "Other origins".
final class OriginPolicyTests: XCTestCase {
    private func allows(
        _ origin: HeaderValue, host: HeaderValue = .one("campus.example:8000"), _ method: String = "POST",
        allowed: [String] = []
    ) throws -> Bool {
        try XCTUnwrap(OriginPolicy(allowed: allowed)).allows(method: method, origin: origin, host: host)
    }

    func testAProgramThatSendsNoOriginIsNotConcerned() throws {
        for method in ["GET", "POST", "PUT", "DELETE"] { XCTAssertTrue(try allows(.missing, method)) }
    }

    func testLoopbackMayChangeSomethingFromAnyPort() throws {
        for origin in [
            "http://localhost", "http://localhost:3000", "https://LOCALHOST:1", "http://127.0.0.1",
            "http://127.0.0.1:8000",
            "http://[::1]", "http://[::1]:65535",
        ] {
            XCTAssertTrue(try allows(.one(origin)), origin)
        }
    }

    func testTheServicesOwnPagesMayChangeSomething() throws {
        XCTAssertTrue(try allows(.one("http://campus.example:8000")))
        XCTAssertTrue(try allows(.one("HTTP://Campus.Example:8000")))
        XCTAssertTrue(try allows(.one("http://campus.example"), host: .one("campus.example:80")))
        XCTAssertTrue(try allows(.one("https://campus.example"), host: .one("campus.example")))
        XCTAssertTrue(try allows(.one("http://192.168.0.7:8000"), host: .one("192.168.0.7:8000")))
    }

    func testOtherPagesMayNot() throws {
        for origin in [
            "http://evil.example", "http://campus.example", "http://campus.example:8001", "null", "", "localhost",
            "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://evil.example/localhost",
            "http://localhost@evil.example", "http://localhost:8000@evil.example", "http://localhost:x",
            "http://localhost:", "http://localhost:0", "http://localhost:65536", "file://", "ftp://localhost",
            "http://", "http://localhost http://evil.example", "http://[::1", "http://[::1]x", "http://127.0.0.2",
            "http://campus.example:8000.evil.example", "http://localhost/", "chrome-extension://abc",
        ] {
            XCTAssertFalse(try allows(.one(origin)), origin)
        }
        XCTAssertFalse(try allows(.several), "no browser sends two")
        XCTAssertFalse(try allows(.one("http://campus.example:8000"), host: .missing))
        XCTAssertFalse(try allows(.one("http://campus.example:8000"), host: .several))
    }

    func testReadingIsNobodysHarm() throws {
        for method in ["GET", "HEAD", "OPTIONS"] {
            XCTAssertTrue(try allows(.one("http://evil.example"), method), method)
        }
        for method in ["POST", "PUT", "DELETE", "PATCH", "get", "ANYTHING"] {
            XCTAssertFalse(try allows(.one("http://evil.example"), method), method)
        }
    }

    func testNamedOriginsMayChangeSomething() throws {
        let allowed = ["https://one.example", "HTTP://Two.example:8080"]
        for origin in ["https://one.example", "http://two.example:8080"] {
            XCTAssertTrue(try allows(.one(origin), allowed: allowed), origin)
        }
        for origin in [
            "http://one.example", "https://one.example:8443", "http://two.example", "https://sub.one.example",
        ] {
            XCTAssertFalse(try allows(.one(origin), allowed: allowed), origin)
        }
    }

    func testTheVariableNamesOriginsAndNothingElse() throws {
        for text in ["https://one.example", " https://one.example , http://two.example:8080"] {
            let policy = try OriginPolicy(Environment(["ALLOWED_ORIGINS": text]))
            XCTAssertTrue(policy.allows(method: "POST", origin: .one("https://one.example"), host: .missing))
        }
        XCTAssertFalse(
            try OriginPolicy(Environment([:])).allows(
                method: "POST", origin: .one("https://one.example"), host: .missing))
        for text in ["*", "one.example", "https://one.example/path", "https://one.example,", "https://a b"] {
            XCTAssertThrowsError(try OriginPolicy(Environment(["ALLOWED_ORIGINS": text])), text) {
                XCTAssertEqual(($0 as? ConfigurationError)?.variable, "ALLOWED_ORIGINS")
            }
        }
    }
}
