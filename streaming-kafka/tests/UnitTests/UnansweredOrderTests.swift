import CRdKafka
import CampusModel
import LabTesting
import ServiceKit
import XCTest

@testable import KafkaClient
@testable import ProducerOrder

/// What clients are told, and what is remembered, when the broker does not acknowledge.
final class UnansweredOrderTests: BrokerInProcess {
    private static let wanted = OrderRequest(item: "burger", quantity: 2)

    /// Places an order that is given up after `seconds`.
    private static func place(
        _ desk: OrderDesk, as id: OrderID, seconds: Double
    ) async -> IdempotencyKeys.Attempt {
        let end = EventLoop.now() + EventLoop.Nanoseconds(seconds * 1e9)
        return await desk.place(wanted, as: id, key: nil, requestID: "r", until: end)
    }

    private static func assertRefused(_ attempt: IdempotencyKeys.Attempt, _ id: OrderID, line: UInt = #line) {
        guard case .unsettled(let error) = attempt else { return XCTFail("it was placed", line: line) }
        XCTAssertEqual(error.status, 503, line: line)
        XCTAssertEqual(error.code, .brokerUnavailable, line: line)
        XCTAssertEqual(error.order?.id, id, line: line)
        XCTAssertEqual(error.order?.quantity, 2, line: line)
        XCTAssertEqual(error.order?.status, .failed, line: line)
        XCTAssertEqual(error.headers.map(\.name), ["Retry-After"], line: line)
    }

    func testAnOrderThatIsNotAcknowledgedIsAnsweredAsFailedAndNotListed() {
        withDesk { desk, cluster, _ in
            cluster.answer(after: 3000)
            let id = OrderID.random()
            UnansweredOrderTests.assertRefused(await UnansweredOrderTests.place(desk, as: id, seconds: 0.1), id)
            XCTAssertNil(desk.orders.order(id))
            // Its outcome arrives all the same.
            desk.settle([Order(id: id, item: "burger", quantity: 2, status: .reserved)])
            XCTAssertEqual(desk.orders.order(id)?.status, .reserved)
        }
    }

    func testAnOrderThatIsRefusedWithoutTheBrokerIsAnsweredAsFailed() {
        withDesk { desk, _, producers in
            await producers[0].close(until: 0)
            let id = OrderID.random()
            UnansweredOrderTests.assertRefused(await UnansweredOrderTests.place(desk, as: id, seconds: 0.1), id)
            UnansweredOrderTests.assertRefused(desk.refuse(UnansweredOrderTests.wanted, as: id), id)
        }
    }

    /// A key's second request finds what became of its first one, also while the broker is away.
    func testAnOrderWhoseOutcomeArrivedIsNotRefused() {
        withDesk { desk, _, producers in
            let id = OrderID.random()
            desk.settle([Order(id: id, item: "burger", quantity: 2, status: .reserved)])
            await producers[0].close(until: 0)
            for attempt in [
                await UnansweredOrderTests.place(desk, as: id, seconds: 0.1),
                desk.refuse(UnansweredOrderTests.wanted, as: id),
            ] {
                guard case .settled = attempt else { return XCTFail("it is refused") }
            }
        }
    }

    /// A deadline counts from its request's arrival, so that a later record may have the earlier one.
    func testARecordIsGivenUpAtItsOwnDeadlineWhicheverWasProducedFirst() {
        withDesk { _, cluster, producers in
            cluster.answer(after: 10_000)
            let (producer, start) = (producers[0], EventLoop.now())
            let message = KafkaMessage(key: nil, value: [1])
            var seconds: [Double: Double] = [:]
            await withTaskGroup(of: (Double, KafkaProducer.Outcome, Double).self) { group in
                for patience in [2, 0.2, 1, 0.1] {
                    let end = start + EventLoop.Nanoseconds(patience * 1e9)
                    group.addTask {
                        let outcome = await producer.produce(message, to: 0, until: end)
                        return (patience, outcome, Double(EventLoop.now() - start) / 1e9)
                    }
                }
                for await (patience, outcome, elapsed) in group {
                    XCTAssertEqual(outcome, .timedOut)
                    seconds[patience] = elapsed
                }
            }
            XCTAssertLessThan(seconds[0.2] ?? 9, 1.5, "it waited for a record that was produced before it")
            XCTAssertGreaterThanOrEqual(seconds[2] ?? 0, 2)
        }
    }

    /// Such as when a broker has lost what it had acknowledged: every bulk would fail after its time.
    func testABulkProducerThatFailedForGoodIsSeen() {
        withDesk { desk, _, producers in
            let readiness = Readiness()
            XCTAssertTrue(desk.probe(milliseconds: 5000, readiness))
            XCTAssertEqual(readiness.missing, [])
            let (lost, none) = (RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_NO_ERROR)
            XCTAssertEqual(rd_kafka_test_fatal_error(producers[1].handle.raw, lost, "made by a test"), none)
            XCTAssertTrue(desk.probe(milliseconds: 5000, readiness), "the broker is there")
            XCTAssertEqual(readiness.missing.count, 1)
            XCTAssertTrue(readiness.missing.first?.contains("restart this service") ?? false, "\(readiness.missing)")
            let start = EventLoop.now()
            let result = try await desk.place(BulkRequest(count: 3), requestID: "r")
            XCTAssertEqual(result.acknowledged, 0)
            XCTAssertLessThan(Double(EventLoop.now() - start) / 1e9, 2, "it is refused at once")
        }
    }
}

final class DeadlinesTests: XCTestCase {
    func testWhatIsDueComesOutWhateverTheOrderItWentIn() {
        var deadlines = Deadlines()
        XCTAssertNil(deadlines.earliest)
        var expected: [(EventLoop.Nanoseconds, UInt)] = []
        for ticket in 0..<500 {
            let at = EventLoop.Nanoseconds.random(in: 0..<1000)
            expected.append((at, UInt(ticket)))
            deadlines.insert(UInt(ticket), at: at)
        }
        XCTAssertEqual(deadlines.earliest, expected.map(\.0).min())
        var found: [UInt] = []
        for now in stride(from: EventLoop.Nanoseconds(0), through: 1000, by: 100) {
            while let ticket = deadlines.popDue(now) { found.append(ticket) }
            XCTAssertEqual(found.sorted(), expected.filter { $0.0 <= now }.map(\.1).sorted())
        }
        XCTAssertNil(deadlines.earliest)
    }
}
