import CampusModel
import Workflow
import XCTest

/// What holds for the inventory of every part.
final class InventoryTests: XCTestCase {
    private typealias Verdict = Inventory<Int>.Verdict

    private var inventory = Inventory<Int>(stock: ["burger": 10, "pizza": 3])

    private func decide(_ item: String, _ quantity: Int, _ id: OrderID = .random()) -> Verdict {
        var verdict = Verdict.unknownItem
        inventory.decide(id, item: item, quantity: quantity) {
            verdict = $0
            return 1
        }
        return verdict
    }

    func testAReservationTakesItsQuantityOfItsItemOnly() {
        XCTAssertEqual(decide("burger", 4), .reserved(remaining: 6))
        XCTAssertEqual(decide("burger", 1), .reserved(remaining: 5))
        XCTAssertEqual(inventory.stock, ["burger": 5, "pizza": 3])
    }

    func testMoreThanIsLeftIsRefusedAsAWhole() {
        XCTAssertEqual(decide("pizza", 4), .insufficientStock(remaining: 3))
        XCTAssertEqual(decide("pizza", 3), .reserved(remaining: 0))
        XCTAssertEqual(decide("pizza", 1), .insufficientStock(remaining: 0))
        XCTAssertEqual(inventory.stock, ["burger": 10, "pizza": 0])
    }

    func testItemNamesAreComparedExactly() {
        for name in ["Burger", "burger ", "burgers", "burge"] { XCTAssertEqual(decide(name, 1), .unknownItem, name) }
        XCTAssertEqual(inventory.stock, ["burger": 10, "pizza": 3], "an unknown item stays unknown")
    }

    func testAVerdictSaysWhyAnOrderFailed() {
        XCTAssertNil(Verdict.reserved(remaining: 0).reason)
        XCTAssertTrue(Verdict.reserved(remaining: 0).isReserved)
        XCTAssertEqual(Verdict.insufficientStock(remaining: 1).reason, "insufficient_stock")
        XCTAssertEqual(Verdict.unknownItem.reason, "unknown_item")
        XCTAssertFalse(Verdict.unknownItem.isReserved)
    }

    func testWhatWasRememberedOfADecisionIsFoundAgain() {
        let id = OrderID.random()
        XCTAssertNil(inventory.decision(about: id))
        XCTAssertEqual(inventory.decide(id, item: "burger", quantity: 1) { $0.isReserved ? 7 : 8 }.decision, 7)
        XCTAssertEqual(inventory.decision(about: id), 7)
        let (decision, isNew) = inventory.decide(id, item: "pizza", quantity: 3) { _ in 9 }
        XCTAssertEqual(decision, 7, "an order is decided once")
        XCTAssertFalse(isNew)
        XCTAssertEqual(inventory.stock, ["burger": 9, "pizza": 3])
    }

    func testARestoredDecisionTakesItsQuantityOnce() {
        let order = Order(item: "burger", quantity: 4)
        XCTAssertTrue(inventory.restore(order, 1, isReserved: true))
        XCTAssertFalse(inventory.restore(order, 2, isReserved: true))
        XCTAssertEqual(inventory.decision(about: order.id), 1, "the first one counts")
        XCTAssertTrue(inventory.restore(Order(item: "burger", quantity: 5), 1, isReserved: false))
        XCTAssertTrue(inventory.restore(Order(item: "soup", quantity: 5), 1, isReserved: true))
        XCTAssertEqual(inventory.stock, ["burger": 6, "pizza": 3])
    }

    /// A service may be started with less than is reserved already.
    func testOfAnItemWhoseStockIsBelowZeroNothingIsReserved() {
        inventory.restore(Order(item: "pizza", quantity: 5), 1, isReserved: true)
        XCTAssertEqual(inventory.stock["pizza"], -2)
        XCTAssertEqual(decide("pizza", 1), .insufficientStock(remaining: -2))
    }

    func testWhatIsUndoneIsBackAndMayBeDecidedOnceMore() {
        let id = OrderID.random()
        _ = decide("burger", 4, id)
        inventory.undo(id, item: "burger", quantity: 4, now: nil)
        XCTAssertEqual(inventory.stock["burger"], 10)
        XCTAssertNil(inventory.decision(about: id))
        inventory.undo(id, item: "", quantity: 0, now: 9)
        XCTAssertEqual(inventory.decision(about: id), 9)
        XCTAssertEqual(inventory.stock, ["burger": 10, "pizza": 3], "who held nothing gives nothing back")
    }
}
