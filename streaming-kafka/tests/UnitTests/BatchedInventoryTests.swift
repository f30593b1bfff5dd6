import CampusModel
import Workflow
import XCTest

@testable import InventoryConsumer

final class BatchedInventoryTests: XCTestCase {
    private var inventory = BatchedInventory(stock: ["burger": 10, "pizza": 3])

    private typealias Verdict = Inventory<BatchedInventory.Nothing>.Verdict

    private func order(_ item: String, _ quantity: Int, _ id: OrderID = .random()) -> Order {
        Order(id: id, item: item, quantity: quantity)
    }

    func testAReservationTakesItsQuantityOfItsItemOnly() {
        XCTAssertEqual(inventory.decide(order("burger", 4)), .decided(.reserved(remaining: 6)))
        XCTAssertEqual(inventory.stock, ["burger": 6, "pizza": 3])
    }

    func testTheLastPortionCanBeReservedAndNoMore() {
        XCTAssertEqual(inventory.decide(order("pizza", 3)), .decided(.reserved(remaining: 0)))
        XCTAssertEqual(inventory.decide(order("pizza", 1)), .decided(.insufficientStock(remaining: 0)))
        XCTAssertEqual(inventory.stock["pizza"], 0)
        XCTAssertEqual(inventory.counts, .init(reserved: 1, failed: 1))
    }

    func testMoreThanIsLeftIsRefusedAsAWhole() {
        XCTAssertEqual(inventory.decide(order("pizza", 4)), .decided(.insufficientStock(remaining: 3)))
        XCTAssertEqual(inventory.stock["pizza"], 3)
    }

    func testAnUnknownItemFailsAndStaysUnknown() {
        XCTAssertEqual(inventory.decide(order("sushi", 1)), .decided(.unknownItem))
        XCTAssertEqual(inventory.stock, ["burger": 10, "pizza": 3])
        XCTAssertEqual(Verdict.unknownItem.reason, "unknown_item")
        XCTAssertEqual(Verdict.insufficientStock(remaining: 1).reason, "insufficient_stock")
        XCTAssertNil(Verdict.reserved(remaining: 0).reason)
    }

    func testAnOrderIsDecidedOnceWhateverItAsksForTheSecondTime() {
        let id = OrderID.random()
        XCTAssertEqual(inventory.decide(order("burger", 4, id)), .decided(.reserved(remaining: 6)))
        XCTAssertEqual(inventory.decide(order("burger", 4, id)), .duplicate)
        XCTAssertEqual(inventory.decide(order("pizza", 1, id)), .duplicate)
        XCTAssertEqual(inventory.stock, ["burger": 6, "pizza": 3])
        XCTAssertEqual(inventory.counts, .init(reserved: 1, duplicates: 2))
    }

    // MARK: Batches

    func testAnUndoneBatchLeavesNoTrace() {
        let before = OrderID.random()
        _ = inventory.decide(order("burger", 2, before))
        inventory.beginBatch()
        let (first, second) = (OrderID.random(), OrderID.random())
        _ = inventory.decide(order("burger", 5, first))
        _ = inventory.decide(order("pizza", 9, second))
        _ = inventory.decide(order("burger", 1, before))
        inventory.countMalformed()
        inventory.undoBatch()
        XCTAssertEqual(inventory.stock, ["burger": 8, "pizza": 3])
        XCTAssertEqual(inventory.counts, .init(reserved: 1))
        // They can be decided again, and what stood before the batch cannot.
        XCTAssertEqual(inventory.decide(order("burger", 5, first)), .decided(.reserved(remaining: 3)))
        XCTAssertEqual(inventory.decide(order("pizza", 1, second)), .decided(.reserved(remaining: 2)))
        XCTAssertEqual(inventory.decide(order("burger", 1, before)), .duplicate)
    }

    func testACommittedBatchCannotBeUndone() {
        inventory.beginBatch()
        let id = OrderID.random()
        _ = inventory.decide(order("burger", 5, id))
        inventory.commitBatch()
        inventory.undoBatch()
        XCTAssertEqual(inventory.stock["burger"], 5)
        XCTAssertEqual(inventory.decide(order("burger", 5, id)), .duplicate)
    }

    func testUndoingTwiceUndoesOnce() {
        inventory.beginBatch()
        _ = inventory.decide(order("burger", 5))
        inventory.undoBatch()
        inventory.undoBatch()
        XCTAssertEqual(inventory.stock["burger"], 10)
    }

    func testConservationHoldsThroughRandomBatchesThatAreCommittedOrUndone() {
        var inventory = BatchedInventory(stock: ["burger": 500, "pizza": 500, "salad": 0])
        var held: [OrderID: (item: String, quantity: Int)] = [:]
        var known: [OrderID] = []
        for _ in 0..<300 {
            inventory.beginBatch()
            var open: [OrderID: (item: String, quantity: Int)] = [:]
            var seen: [OrderID] = []
            for _ in 0..<Int.random(in: 1...5) {
                let id = Bool.random() ? known.randomElement() ?? .random() : .random()
                let wanted = order(["burger", "pizza", "salad", "sushi"].randomElement()!, Int.random(in: 1...9), id)
                if inventory.reserves(wanted) { open[id] = (wanted.item, wanted.quantity) }
                seen.append(id)
            }
            if Bool.random() {
                inventory.commitBatch()
                held.merge(open) { _, _ in
                    XCTFail("an order was reserved twice"); return ("", 0)
                }
                known += seen
            } else {
                inventory.undoBatch()
            }
            for (item, initial) in ["burger": 500, "pizza": 500, "salad": 0] {
                let taken = held.values.filter { $0.item == item }.reduce(0) { $0 + $1.quantity }
                XCTAssertEqual(inventory.stock[item], initial - taken)
            }
        }
        XCTAssertEqual(inventory.counts.reserved, held.count)
        XCTAssertFalse(held.isEmpty)
    }

    // MARK: The log

    func testTheLogRebuildsStockAndDecisions() {
        let (reserved, failed) = (order("burger", 4), order("pizza", 9))
        inventory.restore(OrderEvent(.reserved, reserved))
        inventory.restore(OrderEvent(.failed, failed, reason: "insufficient_stock"))
        XCTAssertEqual(inventory.stock, ["burger": 6, "pizza": 3])
        XCTAssertEqual(inventory.counts, .init(reserved: 1, failed: 1))
        XCTAssertEqual(inventory.decide(reserved), .duplicate)
        XCTAssertEqual(inventory.decide(failed), .duplicate)
    }

    func testTheFirstOutcomeOfAnOrderInTheLogCounts() {
        let id = OrderID.random()
        inventory.restore(OrderEvent(.reserved, order("burger", 4, id)))
        inventory.restore(OrderEvent(.reserved, order("burger", 4, id)))
        inventory.restore(OrderEvent(.failed, order("burger", 4, id)))
        XCTAssertEqual(inventory.stock["burger"], 6)
        XCTAssertEqual(inventory.counts, .init(reserved: 1))
    }

    func testALogThatHoldsMoreThanIsInStockLeavesNothingToReserve() {
        inventory.restore(OrderEvent(.reserved, order("pizza", 5)))
        XCTAssertEqual(inventory.stock["pizza"], -2)
        XCTAssertEqual(inventory.decide(order("pizza", 1)), .decided(.insufficientStock(remaining: -2)))
    }

    func testDecidingAndReplayingTheOutcomesGiveTheSameInventory() {
        var outcomes: [OrderEvent] = []
        for index in 0..<40 {
            let wanted = order(["burger", "pizza", "sushi"][index % 3], index % 4 + 1)
            outcomes.append(OrderEvent(inventory.reserves(wanted) ? .reserved : .failed, wanted))
        }
        var rebuilt = BatchedInventory(stock: ["burger": 10, "pizza": 3])
        for outcome in outcomes.shuffled() { rebuilt.restore(outcome) }
        XCTAssertEqual(rebuilt.stock, inventory.stock)
        XCTAssertEqual(rebuilt.counts, inventory.counts)
    }
}

extension BatchedInventory {
    /// Decides about an order; whether it is new and reserved.
    fileprivate mutating func reserves(_ order: Order) -> Bool {
        if case .decided(let verdict) = decide(order) { verdict.isReserved } else { false }
    }
}
