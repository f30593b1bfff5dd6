import AMQPClient
import CampusModel
import XCTest

@testable import InventoryService

final class InventoryTests: XCTestCase {
    private var inventory = Inventory(stock: ["burger": 10, "pizza": 0])

    override func setUp() { inventory = Inventory(stock: ["burger": 10, "pizza": 0]) }

    private func placed(_ item: String, _ quantity: Int, id: OrderID = .random(), message: String? = nil) -> OrderEvent
    {
        let messageID = message.flatMap { MessageID($0) } ?? .uuid(.random())
        return OrderEvent(
            .placed, Order(id: id, item: item, quantity: quantity), messageID: messageID, requestID: "r",
            idempotencyKey: "k")
    }

    func testAnOrderThatCanBeMetTakesStock() {
        let order = placed("burger", 4)
        let outcome = inventory.decide(order)
        XCTAssertEqual(outcome.kind, .reserved)
        XCTAssertNil(outcome.reason)
        XCTAssertEqual(outcome.order.id, order.order.id)
        XCTAssertEqual(outcome.order.timestamp, order.order.timestamp)
        XCTAssertEqual(outcome.requestID, "r")
        XCTAssertEqual(outcome.idempotencyKey, "k")
        XCTAssertEqual(outcome.cause, order.messageID)
        XCTAssertEqual(inventory.stock["burger"], 6)
    }

    func testAnOrderThatCannotBeMetTakesNothing() {
        XCTAssertEqual(inventory.decide(placed("burger", 11)).reason, "insufficient_stock")
        XCTAssertEqual(inventory.decide(placed("pizza", 1)).reason, "insufficient_stock")
        XCTAssertEqual(inventory.decide(placed("soup", 1)).reason, "unknown_item")
        XCTAssertEqual(inventory.stock, ["burger": 10, "pizza": 0])
    }

    func testTheSameMessageTakesStockOnceAndHasTheSameOutcome() {
        let order = placed("burger", 4, message: "hand-made")
        let first = inventory.decide(order)
        XCTAssertEqual(inventory.decide(order), first)
        XCTAssertEqual(inventory.stock["burger"], 6)
    }

    func testTheSameOrderWithAnotherMessageHasTheOutcomeOfTheFirst() {
        let id = OrderID.random()
        let first = inventory.decide(placed("burger", 4, id: id, message: "one"))
        let again = inventory.decide(placed("burger", 5, id: id, message: "two"))
        XCTAssertEqual(again.messageID, first.messageID)
        XCTAssertEqual(again.cause, MessageID("one"))
        XCTAssertEqual(again.order.quantity, 4)
        XCTAssertEqual(inventory.stock["burger"], 6)
    }

    func testWhatWasDecidedIsKnownByItsOrderAndByItsMessage() {
        let id = OrderID.random()
        XCTAssertFalse(inventory.hasDecided(placed("soup", 1, id: id, message: "one")))
        _ = inventory.decide(placed("soup", 1, id: id, message: "one"))
        XCTAssertTrue(inventory.hasDecided(placed("soup", 1, id: id, message: "two")))
        XCTAssertTrue(inventory.hasDecided(placed("soup", 1, message: "one")))
        XCTAssertFalse(inventory.hasDecided(placed("soup", 1, message: "two")))
    }

    func testTheSameMessageWithAnotherOrderIsTheFirstOrder() {
        let first = inventory.decide(placed("burger", 4, message: "one"))
        let again = inventory.decide(placed("burger", 4, message: "one"))
        XCTAssertEqual(again.order.id, first.order.id)
        XCTAssertEqual(inventory.stock["burger"], 6)
    }

    func testARefusedOrderStaysRefusedWhenStockWouldDo() {
        let big = placed("burger", 11)
        XCTAssertEqual(inventory.decide(big).kind, .failed)
        XCTAssertEqual(inventory.decide(big).kind, .failed)
        XCTAssertEqual(inventory.decide(placed("burger", 10)).kind, .reserved)
    }

    func testOutcomeIdentifiersDifferFromOrderToOrder() {
        let identifiers = Set((0..<100).map { _ in inventory.decide(placed("burger", 1)).messageID })
        XCTAssertEqual(identifiers.count, 100)
    }

    // MARK: Rebuilding

    func testAnInventoryRebuiltFromItsOutcomesDecidesAsTheFirstOne() {
        let orders = (0..<20).map { placed(["burger", "pizza", "soup"][$0 % 3], $0 % 4 + 1) }
        let outcomes = orders.map { inventory.decide($0) }
        var rebuilt = Inventory(stock: ["burger": 10, "pizza": 0])
        for outcome in outcomes { rebuilt.restore(outcome) }
        XCTAssertEqual(rebuilt.stock, inventory.stock)
        XCTAssertEqual(orders.map { rebuilt.decide($0) }, outcomes)
        XCTAssertEqual(rebuilt.stock, inventory.stock, "nothing is decided twice")
    }

    func testAnOutcomeThatTheLogHasTwiceTakesStockOnce() {
        let outcome = inventory.decide(placed("burger", 4))
        var rebuilt = Inventory(stock: ["burger": 10])
        rebuilt.restore(outcome)
        rebuilt.restore(outcome)
        XCTAssertEqual(rebuilt.stock["burger"], 6)
    }

    func testTheFirstOutcomeInTheLogCounts() {
        let order = Order(item: "burger", quantity: 4)
        let cause = MessageID.uuid(.random())
        var rebuilt = Inventory(stock: ["burger": 10])
        rebuilt.restore(OrderEvent(.failed, order, messageID: .uuid(.random()), reason: "unknown_item", cause: cause))
        rebuilt.restore(OrderEvent(.reserved, order, messageID: .uuid(.random()), cause: cause))
        XCTAssertEqual(rebuilt.stock["burger"], 10)
        XCTAssertEqual(rebuilt.decide(placed("burger", 4, id: order.id)).reason, "unknown_item")
    }

    func testOutcomesFromElsewhereTakeNoStock() {
        let order = Order(item: "burger", quantity: 4)
        inventory.restore(OrderEvent(.reserved, order, messageID: .uuid(.random())))
        XCTAssertEqual(inventory.stock["burger"], 10)
        XCTAssertEqual(inventory.decide(placed("burger", 4, id: order.id)).kind, .reserved)
    }

    func testConservationHoldsWhateverComes() {
        var inventory = Inventory(stock: ["burger": 500])
        var held: [OrderID: Int] = [:]
        let identifiers = (0..<60).map { _ in OrderID.random() }
        for _ in 0..<2000 {
            let outcome = inventory.decide(
                placed(
                    "burger", .random(in: 1...40), id: identifiers.randomElement() ?? .random(),
                    message: "m\(Int.random(in: 0..<80))"))
            if outcome.kind == .reserved { held[outcome.order.id] = outcome.order.quantity }
            XCTAssertEqual((inventory.stock["burger"] ?? 0) + held.values.reduce(0, +), 500)
        }
    }
}
