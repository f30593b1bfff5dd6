import CRdKafka
import CampusModel
import LabTesting
import OrderRecords
import ServiceKit
import XCTest

@testable import KafkaClient
@testable import ProducerOrder

extension EmbeddedCluster {
    /// The broker takes so long for each answer from now on.
    func answer(after milliseconds: Int32) { rd_kafka_mock_broker_set_rtt(cluster, 1, milliseconds) }
}

/// Tests with librdkafka's mock cluster in their own process, so that they can have it answer late, or not at all.
class BrokerInProcess: XCTestCase {
    let log = Logger(service: "test", level: .error)
    private(set) var cluster: EmbeddedCluster!

    override func setUpWithError() throws { cluster = try EmbeddedCluster(topics: OrderTopics.all, log: log) }

    override func tearDown() { cluster.close() }

    var settings: KafkaSettings { KafkaSettings(bootstrap: cluster.bootstrap) }

    /// Runs `body` on a loop with a service that has its orders from the log, and two producers that know the broker.
    func withService(
        _ body: @escaping @Sendable (OrderService, EmbeddedCluster, [KafkaProducer]) async throws -> Void
    ) {
        let (loop, log, settings, cluster) = (EventLoop(), log, settings, cluster!)
        loop.run {
            do {
                let producers = try (0..<2).map { _ in
                    try KafkaProducer(on: loop, settings, topics: [OrderTopics.orders], log: log)
                }
                for producer in producers {
                    XCTAssertTrue(Lab.eventually { producer.probe(milliseconds: 1000) })
                }
                let service = OrderService(producers[0], bulk: producers[1], on: loop, log: log)
                service.open()
                try await body(service, cluster, producers)
                for producer in producers { await producer.close(until: EventLoop.now()) }
            } catch {
                XCTFail("\(error)")
            }
        }
    }
}
