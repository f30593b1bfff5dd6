import LabTesting
import ServiceKit
import XCTest

@testable import KafkaClient

/// What the broker refuses for good is told apart from a broker that is away, on a broker without TLS and SASL.
final class MistakeTests: BrokerTestCase {
    private func settings(_ variables: [String: String]) throws -> KafkaSettings {
        try KafkaSettings(Environment(["KAFKA_BOOTSTRAP": settings.bootstrap].merging(variables) { $1 }))
    }

    private func assertMistake(_ variables: [String: String], naming word: String, line: UInt = #line) async throws {
        let settings = try settings(variables)
        let error = await thrown {
            let topics = [Cluster.Topic(unique, partitions: 3)]
            _ = try await Cluster.prepare(settings, topics: topics, on: worker, log: log)
        }
        let sentence = error?.mistake ?? ""
        XCTAssertTrue(sentence.contains(word), "\(String(describing: error)): \(sentence)", line: line)
        for secret in ["127.0.0.1", "hunter2", "librdkafka"] { XCTAssertFalse(sentence.contains(secret)) }
        // The same in a running service: its watch tells.
        let consumer = try makeConsumer(.reader(group: unique, topics: [unique]), settings)
        let batch = consumer.makeBatch()
        let isTold = await eventually {
            consumer.take(batch, most: 1)
            return !consumer.isReachable(milliseconds: 300) && consumer.mistake?.mistake?.contains(word) == true
        }
        XCTAssertTrue(isTold, line: line)
    }

    /// The embedded broker answers the beginning of TLS with silence, as one that hangs does.
    func testTLSWithABrokerThatHasNone() async throws {
        try await onWorker {
            try needKafka()
            try await assertMistake(["KAFKA_CONFIG_SECURITY_PROTOCOL": "ssl"], naming: "TLS")
        }
    }

    func testCredentialsThatABrokerDoesNotTake() async throws {
        try await onWorker {
            try needKafka()
            try await assertMistake(
                [
                    "KAFKA_CONFIG_SECURITY_PROTOCOL": "sasl_plaintext", "KAFKA_CONFIG_SASL_MECHANISM": "PLAIN",
                    "KAFKA_CONFIG_SASL_USERNAME": "somebody", "KAFKA_CONFIG_SASL_PASSWORD": "hunter2",
                ], naming: "credentials")
        }
    }

    func testABrokerThatIsAwayIsNoMistake() async throws {
        await onWorker {
            let nowhere = KafkaSettings(bootstrap: "127.0.0.1:1")
            let error = await thrown { _ = try await Cluster.prepare(nowhere, topics: [], on: worker, log: log) }
            XCTAssertNotNil(error)
            XCTAssertNil(error?.mistake, "\(String(describing: error))")
        }
    }

    func testATopicWithAnotherNumberOfPartitionsNamesTheDifference() async throws {
        await onWorker {
            let must = partitions + 4
            let error = await thrown {
                let topics = [Cluster.Topic(unique, partitions: must)]
                _ = try await Cluster.prepare(settings, topics: topics, on: worker, log: log)
            }
            let sentence = error?.mistake ?? ""
            XCTAssertTrue(sentence.contains("\(unique) has \(partitions) partitions instead of \(must)"), sentence)
        }
    }
}
