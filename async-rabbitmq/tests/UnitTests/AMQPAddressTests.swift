import ServiceKit
import XCTest

@testable import AMQPClient

final class AMQPAddressTests: XCTestCase {
    func testPartsThatAreMissingHaveDefaults() throws {
        let address = try XCTUnwrap(AMQPAddress("amqp://broker"))
        XCTAssertEqual(address.host, "broker")
        XCTAssertEqual(address.port, 5672)
        XCTAssertEqual(address.virtualHost, "/")
        XCTAssertEqual([address.user, address.password], ["guest", "guest"])
        XCTAssertNil(address.authorities)
    }

    func testTLSHasItsPortAndItsAuthorities() throws {
        let address = try XCTUnwrap(AMQPAddress("AMQPS://a:b@broker/", authorities: "ca.pem"))
        XCTAssertEqual(address.port, 5671)
        XCTAssertEqual(address.authorities, "ca.pem")
    }

    func testPercentEncodingIsUndone() throws {
        let address = try XCTUnwrap(AMQPAddress("amqp://us%40er:p%3A%2f%C3%A9@h:1/%2Flab"))
        XCTAssertEqual([address.user, address.password, address.virtualHost], ["us@er", "p:/é", "/lab"])
    }

    func testHostMayBeAnAddressInBrackets() throws {
        let address = try XCTUnwrap(AMQPAddress("amqp://[::1]:5673/lab"))
        XCTAssertEqual(address.host, "::1")
        XCTAssertEqual(address.port, 5673)
    }

    func testWhatIsNoSuchURLIsRefused() {
        for text in [
            "", "broker", "http://broker", "amqp://", "amqp://:5672", "amqp://h:0", "amqp://h:65536", "amqp://h:x",
            "amqp://h:", "amqp://u@", "amqp://@h", "amqp://h/a/b", "amqp://h/%2", "amqp://h/%zz", "amqp://h/%+1",
            "amqp://h/%00", "amqp://h/%ff", "amqp://h/?heartbeat=1", "amqp://h h/", "amqp://[::1", "amqp://[::1]x",
        ] {
            XCTAssertNil(AMQPAddress(text), text)
        }
    }

    func testThePasswordIsNotInTheErrorOfABadVariable() {
        XCTAssertThrowsError(try AMQPAddress(Environment(["RABBITMQ_URL": "amqp://u:secret@h:none"]))) { error in
            XCTAssertTrue("\(error)".hasPrefix("RABBITMQ_URL must be"), "\(error)")
            XCTAssertFalse("\(error)".contains("secret"), "\(error)")
        }
    }
}
