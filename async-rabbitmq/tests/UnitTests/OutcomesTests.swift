import CampusModel
import OrderMessages
import Tracing
import Workflow
import XCTest

@testable import InventoryService

final class OutcomesTests: XCTestCase {
    private var outcomes = Outcomes(stock: ["burger": 10, "pizza": 0])

    override func setUp() { outcomes = Outcomes(stock: ["burger": 10, "pizza": 0]) }

    private func placed(_ item: String, _ quantity: Int, id: OrderID = .random(), message: String? = nil)
        -> OrderMessage
    {
        OrderMessage(
            OrderEvent(.placed, Order(id: id, item: item, quantity: quantity)),
            id: message.flatMap { MessageID($0) } ?? .uuid(.random()),
            context: RequestContext(requestID: "r", idempotencyKey: "k"))
    }

    /// An outcome as the log has it.
    private func outcome(
        _ kind: OrderEvent.Kind, _ order: Order, reason: String? = nil, cause: MessageID? = nil
    ) -> OrderMessage {
        OrderMessage(
            OrderEvent(kind, order, reason: reason), id: .uuid(.random()), cause: cause,
            context: RequestContext(requestID: nil))
    }

    func testAnOrderThatCanBeMetTakesStock() {
        let order = placed("burger", 4)
        let outcome = outcomes.decide(order)
        XCTAssertEqual(outcome.event.kind, .reserved)
        XCTAssertNil(outcome.event.reason)
        XCTAssertEqual(outcome.event.order.id, order.event.order.id)
        XCTAssertEqual(outcome.event.order.timestamp, order.event.order.timestamp)
        XCTAssertEqual(outcome.context, order.context)
        XCTAssertEqual(outcome.cause, order.id)
        XCTAssertEqual(outcomes.stock["burger"], 6)
    }

    func testAnOrderThatCannotBeMetTakesNothing() {
        XCTAssertEqual(outcomes.decide(placed("burger", 11)).event.reason, "insufficient_stock")
        XCTAssertEqual(outcomes.decide(placed("pizza", 1)).event.reason, "insufficient_stock")
        XCTAssertEqual(outcomes.decide(placed("soup", 1)).event.reason, "unknown_item")
        XCTAssertEqual(outcomes.stock, ["burger": 10, "pizza": 0])
    }

    func testTheSameMessageTakesStockOnceAndHasTheSameOutcome() {
        let order = placed("burger", 4, message: "hand-made")
        let first = outcomes.decide(order)
        XCTAssertEqual(outcomes.decide(order), first)
        XCTAssertEqual(outcomes.stock["burger"], 6)
    }

    func testTheSameOrderWithAnotherMessageHasTheOutcomeOfTheFirst() {
        let id = OrderID.random()
        let first = outcomes.decide(placed("burger", 4, id: id, message: "one"))
        let again = outcomes.decide(placed("burger", 5, id: id, message: "two"))
        XCTAssertEqual(again.id, first.id)
        XCTAssertEqual(again.cause, MessageID("one"))
        XCTAssertEqual(again.event.order.quantity, 4)
        XCTAssertEqual(outcomes.stock["burger"], 6)
    }

    func testWhatWasDecidedIsKnownByItsOrderAndByItsMessage() {
        let id = OrderID.random()
        XCTAssertFalse(outcomes.hasDecided(placed("soup", 1, id: id, message: "one")))
        _ = outcomes.decide(placed("soup", 1, id: id, message: "one"))
        XCTAssertTrue(outcomes.hasDecided(placed("soup", 1, id: id, message: "two")))
        XCTAssertTrue(outcomes.hasDecided(placed("soup", 1, message: "one")))
        XCTAssertFalse(outcomes.hasDecided(placed("soup", 1, message: "two")))
    }

    func testTheSameMessageWithAnotherOrderIsTheFirstOrder() {
        let first = outcomes.decide(placed("burger", 4, message: "one"))
        let again = outcomes.decide(placed("burger", 4, message: "one"))
        XCTAssertEqual(again.event.order.id, first.event.order.id)
        XCTAssertEqual(outcomes.stock["burger"], 6)
    }

    func testARefusedOrderStaysRefusedWhenStockWouldDo() {
        let big = placed("burger", 11)
        XCTAssertEqual(outcomes.decide(big).event.kind, .failed)
        XCTAssertEqual(outcomes.decide(big).event.kind, .failed)
        XCTAssertEqual(outcomes.decide(placed("burger", 10)).event.kind, .reserved)
    }

    func testOutcomeIdentifiersDifferFromOrderToOrder() {
        let identifiers = Set((0..<100).map { _ in outcomes.decide(placed("burger", 1)).id })
        XCTAssertEqual(identifiers.count, 100)
    }

    // MARK: Rebuilding

    func testAnInventoryRebuiltFromItsOutcomesDecidesAsTheFirstOne() {
        let orders = (0..<20).map { placed(["burger", "pizza", "soup"][$0 % 3], $0 % 4 + 1) }
        let told = orders.map { outcomes.decide($0) }
        var rebuilt = Outcomes(stock: ["burger": 10, "pizza": 0])
        for outcome in told { rebuilt.restore(outcome) }
        XCTAssertEqual(rebuilt.stock, outcomes.stock)
        XCTAssertEqual(orders.map { rebuilt.decide($0) }, told)
        XCTAssertEqual(rebuilt.stock, outcomes.stock, "nothing is decided twice")
    }

    func testAnOutcomeThatTheLogHasTwiceTakesStockOnce() {
        let outcome = outcomes.decide(placed("burger", 4))
        var rebuilt = Outcomes(stock: ["burger": 10])
        rebuilt.restore(outcome)
        rebuilt.restore(outcome)
        XCTAssertEqual(rebuilt.stock["burger"], 6)
    }

    func testTheFirstOutcomeInTheLogCounts() {
        let order = Order(item: "burger", quantity: 4)
        let cause = MessageID.uuid(.random())
        var rebuilt = Outcomes(stock: ["burger": 10])
        rebuilt.restore(outcome(.failed, order, reason: "unknown_item", cause: cause))
        rebuilt.restore(outcome(.reserved, order, cause: cause))
        XCTAssertEqual(rebuilt.stock["burger"], 10)
        XCTAssertEqual(rebuilt.decide(placed("burger", 4, id: order.id)).event.reason, "unknown_item")
    }

    func testOutcomesFromElsewhereTakeNoStock() {
        let order = Order(item: "burger", quantity: 4)
        outcomes.restore(outcome(.reserved, order))
        XCTAssertEqual(outcomes.stock["burger"], 10)
        XCTAssertEqual(outcomes.decide(placed("burger", 4, id: order.id)).event.kind, .reserved)
    }

    func testConservationHoldsWhateverComes() {
        var outcomes = Outcomes(stock: ["burger": 500])
        var held: [OrderID: Int] = [:]
        let identifiers = (0..<60).map { _ in OrderID.random() }
        for _ in 0..<2000 {
            let outcome = outcomes.decide(
                placed(
                    "burger", .random(in: 1...40), id: identifiers.randomElement() ?? .random(),
                    message: "m\(Int.random(in: 0..<80))"))
            if outcome.event.kind == .reserved { held[outcome.event.order.id] = outcome.event.order.quantity }
            XCTAssertEqual((outcomes.stock["burger"] ?? 0) + held.values.reduce(0, +), 500)
        }
    }
}
