import LabTesting
import ServiceKit
import XCTest

@testable import KafkaClient

/// What the broker refuses for good is told apart from a broker that is away, on a broker without TLS and SASL.
final class MistakeTests: BrokerTestCase {
    private func settings(_ variables: [String: String]) throws -> KafkaSettings {
        try KafkaSettings(Environment(["KAFKA_BOOTSTRAP": settings.bootstrap].merging(variables) { $1 }))
    }

    private func assertMistake(_ variables: [String: String], naming word: String, line: UInt = #line) throws {
        let settings = try settings(variables)
        XCTAssertThrowsError(
            try Cluster.prepare(settings, topics: [Cluster.Topic(unique, partitions: 3)], log: log), line: line
        ) { error in
            let sentence = (error as? KafkaError)?.mistake ?? ""
            XCTAssertTrue(sentence.contains(word), "\(error): \(sentence)", line: line)
            for secret in ["127.0.0.1", "hunter2", "librdkafka"] { XCTAssertFalse(sentence.contains(secret)) }
        }
        // The same in a running service: its watch tells.
        let consumer = try KafkaConsumer(.reader(group: unique, topics: [unique]), settings, log: log)
        defer { consumer.close() }
        let batch = consumer.makeBatch()
        let isTold = Lab.eventually {
            consumer.take(batch, most: 1)
            return !consumer.isReachable(milliseconds: 300) && consumer.mistake?.mistake?.contains(word) == true
        }
        XCTAssertTrue(isTold, line: line)
    }

    /// The embedded broker answers the beginning of TLS with silence, as one that hangs does.
    func testTLSWithABrokerThatHasNone() throws {
        try needKafka()
        try assertMistake(["KAFKA_CONFIG_SECURITY_PROTOCOL": "ssl"], naming: "TLS")
    }

    func testCredentialsThatABrokerDoesNotTake() throws {
        try needKafka()
        try assertMistake(
            [
                "KAFKA_CONFIG_SECURITY_PROTOCOL": "sasl_plaintext", "KAFKA_CONFIG_SASL_MECHANISM": "PLAIN",
                "KAFKA_CONFIG_SASL_USERNAME": "somebody", "KAFKA_CONFIG_SASL_PASSWORD": "hunter2",
            ], naming: "credentials")
    }

    func testABrokerThatIsAwayIsNoMistake() throws {
        XCTAssertThrowsError(try Cluster.prepare(KafkaSettings(bootstrap: "127.0.0.1:1"), topics: [], log: log)) {
            XCTAssertNil(($0 as? KafkaError)?.mistake, "\($0)")
        }
    }

    func testATopicWithAnotherNumberOfPartitionsNamesTheDifference() throws {
        let must = partitions + 4
        XCTAssertThrowsError(
            try Cluster.prepare(settings, topics: [Cluster.Topic(unique, partitions: must)], log: log)
        ) {
            let sentence = ($0 as? KafkaError)?.mistake ?? ""
            XCTAssertTrue(sentence.contains("\(unique) has \(partitions) partitions instead of \(must)"), sentence)
        }
    }
}
