import KafkaClient
import ServiceKit
import XCTest

@testable import InventoryConsumer

final class KafkaSettingsTests: XCTestCase {
    private func assertRefused(_ variables: [String: String], _ words: String..., line: UInt = #line) {
        XCTAssertThrowsError(try KafkaSettings(Environment(variables)), line: line) { error in
            for word in words { XCTAssertTrue("\(error)".contains(word), "\(error)", line: line) }
        }
    }

    func testTheBrokerIsTheLocalOneUnlessItIsSet() throws {
        XCTAssertEqual(try KafkaSettings(Environment([:])).bootstrap, "127.0.0.1:9092")
        XCTAssertEqual(try KafkaSettings(Environment(["KAFKA_BOOTSTRAP": "a:1,[::1]:2"])).bootstrap, "a:1,[::1]:2")
    }

    func testABrokerWithoutAPortIsRefusedByName() {
        for text in ["localhost", "localhost:", ":9092", "a:1,", "a:0", "a:65536", "a b:1", "a:x"] {
            assertRefused(["KAFKA_BOOTSTRAP": text], "KAFKA_BOOTSTRAP", "host:port")
        }
    }

    func testAnySettingOfLibrdkafkaIsTaken() throws {
        XCTAssertNoThrow(
            try KafkaSettings(
                Environment([
                    "KAFKA_CONFIG_LINGER_MS": "5", "KAFKA_CONFIG_SECURITY_PROTOCOL": "sasl_ssl",
                    "KAFKA_CONFIG_SASL_PASSWORD": "x", "KAFKA_CONFIG_CLIENT_ID": "me", "KAFKA_CONFIG_DEBUG": "",
                ])))
    }

    func testAnUnknownSettingOrValueIsRefusedByTheVariablesName() {
        assertRefused(["KAFKA_CONFIG_NO_SUCH_THING": "5"], "KAFKA_CONFIG_NO_SUCH_THING")
        assertRefused(["KAFKA_CONFIG_LINGER_MS": "soon"], "KAFKA_CONFIG_LINGER_MS", "linger.ms")
    }

    func testWhatThePromisesRestOnCannotBeSet() {
        for name in ["ENABLE_AUTO_COMMIT", "ISOLATION_LEVEL", "GROUP_ID", "ENABLE_IDEMPOTENCE", "ACKS"] {
            assertRefused(["KAFKA_CONFIG_\(name)": "1"], "KAFKA_CONFIG_\(name)", "promises")
        }
    }

    func testASecretIsNotShown() {
        XCTAssertThrowsError(try KafkaSettings(Environment(["KAFKA_CONFIG_SASL_PASSWORDS": "hunter2"]))) { error in
            XCTAssertFalse("\(error)".contains("hunter2"), "\(error)")
        }
    }

    // MARK: Transactions

    func testARealKafkaAlwaysGetsTransactionsUnlessTheyAreSwitchedOffByName() throws {
        func uses(_ text: String?, _ kind: Cluster.Kind) throws -> Bool {
            try DeliveryChoice(Environment(text.map { ["KAFKA_TRANSACTIONS": $0] } ?? [:])).usesTransactions(on: kind)
        }
        XCTAssertTrue(try uses(nil, .kafka))
        XCTAssertFalse(try uses(nil, .embedded))
        XCTAssertTrue(try uses("auto", .kafka))
        XCTAssertTrue(try uses("on", .embedded))
        XCTAssertFalse(try uses("OFF", .kafka))
        XCTAssertThrowsError(try uses("perhaps", .kafka)) { XCTAssertTrue("\($0)".contains("KAFKA_TRANSACTIONS")) }
    }
}
