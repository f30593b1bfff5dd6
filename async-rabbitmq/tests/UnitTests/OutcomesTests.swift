import CampusModel
import Containers
import Journal
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

    /// The decision about a new order, as the journal has it.
    @discardableResult
    private func decide(_ placed: OrderMessage, line: UInt = #line) throws -> InventoryEntry {
        try XCTUnwrap(outcomes.decide(placed).decision, "it was decided before", line: line)
    }

    func testAnOrderThatCanBeMetTakesStock() {
        let order = placed("burger", 4)
        let (outcome, decision) = outcomes.decide(order)
        XCTAssertEqual(outcome.event.kind, .reserved)
        XCTAssertNil(outcome.event.reason)
        XCTAssertEqual(outcome.event.order.id, order.event.order.id)
        XCTAssertEqual(outcome.event.order.timestamp, order.event.order.timestamp)
        XCTAssertEqual(outcome.context, order.context)
        XCTAssertEqual(outcome.cause, order.id)
        XCTAssertEqual(outcomes.stock["burger"], 6)
        let expected = InventoryEntry(
            id: order.event.order.id, item: "burger", quantity: 4, timestamp: order.event.order.timestamp, reason: nil,
            cause: order.id)
        XCTAssertEqual(decision, expected)
    }

    func testAnOrderThatCannotBeMetTakesNothing() throws {
        for (order, reason) in [
            (placed("burger", 11), "insufficient_stock"), (placed("pizza", 1), "insufficient_stock"),
            (placed("soup", 1), "unknown_item"),
        ] {
            let (outcome, decision) = outcomes.decide(order)
            XCTAssertEqual(outcome.event.kind, .failed)
            XCTAssertEqual(outcome.event.reason, reason)
            XCTAssertEqual(decision?.reason, reason)
        }
        XCTAssertEqual(outcomes.stock, ["burger": 10, "pizza": 0])
        XCTAssertEqual(outcomes.totals, ReservedTotals([:]))
    }

    func testTheSameMessageTakesStockOnceAndHasTheSameOutcome() {
        let order = placed("burger", 4, message: "hand-made")
        let first = outcomes.decide(order)
        let again = outcomes.decide(order)
        XCTAssertEqual(again.message, first.message)
        XCTAssertNil(again.decision, "nothing new is written to the journal")
        XCTAssertEqual(outcomes.stock["burger"], 6)
    }

    func testTheSameOrderWithAnotherMessageHasTheOutcomeOfTheFirst() {
        let id = OrderID.random()
        let first = outcomes.decide(placed("burger", 4, id: id, message: "one")).message
        let again = outcomes.decide(placed("burger", 5, id: id, message: "two"))
        XCTAssertEqual(again.message.id, first.id)
        XCTAssertEqual(again.message.cause, MessageID("one"))
        XCTAssertEqual(again.message.event.order.quantity, 4)
        XCTAssertNil(again.decision)
        XCTAssertEqual(outcomes.stock["burger"], 6)
    }

    func testWhatWasDecidedIsKnownByItsOrderAndByItsMessage() throws {
        let id = OrderID.random()
        try decide(placed("soup", 1, id: id, message: "one"))
        XCTAssertNil(outcomes.decide(placed("soup", 1, id: id, message: "two")).decision)
        XCTAssertNil(outcomes.decide(placed("soup", 1, message: "one")).decision)
        XCTAssertNotNil(outcomes.decide(placed("soup", 1, message: "two")).decision)
        XCTAssertEqual(outcomes.count, 2)
    }

    func testTheSameMessageWithAnotherOrderIsTheFirstOrder() {
        let first = outcomes.decide(placed("burger", 4, message: "one")).message
        let again = outcomes.decide(placed("burger", 4, message: "one")).message
        XCTAssertEqual(again.event.order.id, first.event.order.id)
        XCTAssertEqual(outcomes.stock["burger"], 6)
    }

    func testARefusedOrderStaysRefusedWhenStockWouldDo() {
        let big = placed("burger", 11)
        XCTAssertEqual(outcomes.decide(big).message.event.kind, .failed)
        XCTAssertEqual(outcomes.decide(big).message.event.kind, .failed)
        XCTAssertEqual(outcomes.decide(placed("burger", 10)).message.event.kind, .reserved)
    }

    func testOutcomeIdentifiersDifferFromOrderToOrder() {
        let identifiers = Set((0..<100).map { _ in outcomes.decide(placed("burger", 1)).message.id })
        XCTAssertEqual(identifiers.count, 100)
    }

    // MARK: Rebuilding

    func testAnInventoryRebuiltFromItsDecisionsDecidesAsTheFirstOne() throws {
        let orders = (0..<20).map { placed(["burger", "pizza", "soup"][$0 % 3], $0 % 4 + 1) }
        let told = orders.map { outcomes.decide($0) }
        var rebuilt = Outcomes(stock: ["burger": 10, "pizza": 0])
        for outcome in told { rebuilt.restore(try XCTUnwrap(outcome.decision), isOfSnapshot: false) }
        XCTAssertEqual(rebuilt.stock, outcomes.stock)
        XCTAssertEqual(rebuilt.totals, outcomes.totals)
        for (order, outcome) in zip(orders, told) {
            let again = rebuilt.decide(order)
            XCTAssertEqual(again.message, outcome.message)
            XCTAssertNil(again.decision, "nothing is decided twice")
        }
        XCTAssertEqual(rebuilt.stock, outcomes.stock)
    }

    func testADecisionThatTheJournalHasTwiceTakesStockOnce() throws {
        let decision = try decide(placed("burger", 4))
        var rebuilt = Outcomes(stock: ["burger": 10])
        rebuilt.restore(decision, isOfSnapshot: false)
        rebuilt.restore(decision, isOfSnapshot: false)
        XCTAssertEqual(rebuilt.stock["burger"], 6)
        XCTAssertEqual(rebuilt.totals, ReservedTotals(["burger": 4]))
        XCTAssertEqual(rebuilt.count, 1)
    }

    func testTheFirstDecisionInTheJournalCounts() {
        let order = Order(item: "burger", quantity: 4)
        let cause = MessageID.uuid(.random())
        var rebuilt = Outcomes(stock: ["burger": 10])
        for reason in ["unknown_item", nil] {
            let entry = InventoryEntry(
                id: order.id, item: "burger", quantity: 4, timestamp: order.timestamp, reason: reason, cause: cause)
            rebuilt.restore(entry, isOfSnapshot: false)
        }
        XCTAssertEqual(rebuilt.stock["burger"], 10)
        XCTAssertEqual(rebuilt.decide(placed("burger", 4, id: order.id)).message.event.reason, "unknown_item")
    }

    func testLessStockThanIsReservedLeavesNothing() throws {
        let decision = try decide(placed("burger", 8))
        for isOfSnapshot in [false, true] {
            var rebuilt = Outcomes(stock: ["burger": 5])
            if isOfSnapshot { rebuilt.restore(ReservedTotals(["burger": 8])) }
            rebuilt.restore(decision, isOfSnapshot: isOfSnapshot)
            XCTAssertEqual(rebuilt.stock["burger"], -3)
            XCTAssertEqual(rebuilt.decide(placed("burger", 1)).message.event.reason, "insufficient_stock")
        }
    }

    func testConservationHoldsWhateverComes() {
        var outcomes = Outcomes(stock: ["burger": 500])
        var held: [OrderID: Int] = [:]
        let identifiers = (0..<60).map { _ in OrderID.random() }
        for _ in 0..<2000 {
            let outcome = outcomes.decide(
                placed(
                    "burger", .random(in: 1...40), id: identifiers.randomElement() ?? .random(),
                    message: "m\(Int.random(in: 0..<80))")
            ).message
            if outcome.event.kind == .reserved { held[outcome.event.order.id] = outcome.event.order.quantity }
            XCTAssertEqual((outcomes.stock["burger"] ?? 0) + held.values.reduce(0, +), 500)
        }
    }
}
