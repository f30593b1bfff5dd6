import CRdKafka
import CampusModel
import LabTesting
import ServiceKit
import Tracing
import Workflow
import WorkflowHTTP
import XCTest

@testable import KafkaClient
@testable import ProducerOrder

/// What clients are told, and what is remembered, when the broker does not acknowledge.
final class UnansweredOrderTests: BrokerInProcess {
    private static let wanted = OrderRequest(item: "burger", quantity: 2)

    /// Places an order that is given up after `seconds`.
    private static func place(
        _ service: OrderService, by producer: KafkaProducer, key: String? = nil, seconds: Double
    ) async -> Result<Order, OrderRefusal> {
        let end = EventLoop.now() + EventLoop.Nanoseconds(seconds * 1e9)
        let publisher = Acknowledged(producer: producer, end: end, log: Logger(service: "test", level: .error))
        var context = RequestContext(requestID: "r")
        context.idempotencyKey = key
        do throws(OrderRefusal) {
            return .success(try await service.placement.place(wanted, context, mayPlace: true, by: publisher).order)
        } catch {
            return .failure(error)
        }
    }

    /// - Returns: the order as it was refused.
    @discardableResult
    private static func assertRefused(_ result: Result<Order, OrderRefusal>, line: UInt = #line) throws -> Order {
        guard case .failure(let refusal) = result else {
            XCTFail("it was placed", line: line)
            throw CancellationError()
        }
        XCTAssertEqual(refusal.reason, .unconfirmed, line: line)
        let error = refusal.httpError
        XCTAssertEqual(error.status, 503, line: line)
        XCTAssertEqual(error.code, .brokerUnavailable, line: line)
        XCTAssertEqual(error.headers.map(\.name), ["Retry-After"], line: line)
        let order = try XCTUnwrap(refusal.order, line: line)
        XCTAssertEqual(order.quantity, 2, line: line)
        XCTAssertEqual(order.status, .failed, line: line)
        return order
    }

    func testAnOrderThatIsNotAcknowledgedIsAnsweredAsFailedAndNotListed() {
        withService { service, cluster, producers in
            cluster.answer(after: 3000)
            let result = await UnansweredOrderTests.place(service, by: producers[0], seconds: 0.1)
            let id = try UnansweredOrderTests.assertRefused(result).id
            XCTAssertNil(service.orders.order(id))
            // Its outcome arrives all the same.
            service.takeOutcomes([Order(id: id, item: "burger", quantity: 2, status: .reserved)])
            XCTAssertEqual(service.orders.order(id)?.status, .reserved)
        }
    }

    func testAnOrderThatIsRefusedWithoutTheBrokerIsAnsweredAsFailed() {
        withService { service, _, producers in
            await producers[0].close(until: 0)
            let result = await UnansweredOrderTests.place(service, by: producers[0], seconds: 0.1)
            try UnansweredOrderTests.assertRefused(result)
            do throws(OrderRefusal) {
                _ = try await service.place(UnansweredOrderTests.wanted, RequestContext(requestID: "r"))
                XCTFail("it was placed")
            } catch {
                XCTAssertEqual(error.order?.status, .failed)
            }
        }
    }

    /// A key's second request finds what became of its first one, also while the broker is away.
    func testAnOrderWhoseOutcomeArrivedIsNotRefused() {
        withService { service, cluster, producers in
            cluster.answer(after: 3000)
            let first = await UnansweredOrderTests.place(service, by: producers[0], key: "k", seconds: 0.1)
            let id = try UnansweredOrderTests.assertRefused(first).id
            service.takeOutcomes([Order(id: id, item: "burger", quantity: 2, status: .reserved)])
            await producers[0].close(until: 0)
            let second = await UnansweredOrderTests.place(service, by: producers[0], key: "k", seconds: 0.1)
            XCTAssertEqual(try second.get().id, id)
            XCTAssertEqual(service.orders.order(id)?.status, .reserved)
        }
    }

    /// A deadline counts from its request's arrival, so that a later record may have the earlier one.
    func testARecordIsGivenUpAtItsOwnDeadlineWhicheverWasProducedFirst() {
        withService { _, cluster, producers in
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
        withService { service, _, producers in
            let readiness = Readiness()
            XCTAssertTrue(service.probe(milliseconds: 5000, readiness))
            XCTAssertEqual(readiness.missing, [])
            let (lost, none) = (RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_NO_ERROR)
            XCTAssertEqual(rd_kafka_test_fatal_error(producers[1].handle.raw, lost, "made by a test"), none)
            XCTAssertTrue(service.probe(milliseconds: 5000, readiness), "the broker is there")
            XCTAssertEqual(readiness.missing.count, 1)
            XCTAssertTrue(readiness.missing.first?.contains("restart this service") ?? false, "\(readiness.missing)")
            let start = EventLoop.now()
            let result = try await service.place(BulkRequest(count: 3), RequestContext(requestID: "r"))
            XCTAssertEqual(result.acknowledged, 0)
            XCTAssertLessThan(Double(EventLoop.now() - start) / 1e9, 2, "it is refused at once")
        }
    }
}
