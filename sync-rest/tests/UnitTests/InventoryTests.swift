import CampusModel
import XCTest

@testable import InventoryService

final class InventoryTests: XCTestCase {
    private let id = OrderID.random()
    private var inventory = Inventory(stock: ["burger": 10, "pizza": 3])

    func testAReservationTakesItsQuantityOfItsItemOnly() {
        XCTAssertEqual(inventory.reserve(id, item: "burger", quantity: 4), .reserved(remaining: 6))
        XCTAssertEqual(inventory.reserve(.random(), item: "burger", quantity: 1), .reserved(remaining: 5))
        XCTAssertEqual(inventory.stock, ["burger": 5, "pizza": 3])
    }

    func testTheSameReservationAgainGivesTheSameAnswerAndTakesNothing() {
        XCTAssertEqual(inventory.reserve(id, item: "burger", quantity: 4), .reserved(remaining: 6))
        _ = inventory.reserve(.random(), item: "burger", quantity: 5)
        XCTAssertEqual(inventory.reserve(id, item: "burger", quantity: 4), .reserved(remaining: 6))
        XCTAssertEqual(inventory.stock["burger"], 1)
    }

    func testTheSameOrderWithAnotherItemOrQuantityIsAMismatch() {
        _ = inventory.reserve(id, item: "burger", quantity: 4)
        XCTAssertEqual(inventory.reserve(id, item: "burger", quantity: 5), .mismatch)
        XCTAssertEqual(inventory.reserve(id, item: "pizza", quantity: 4), .mismatch)
        XCTAssertEqual(inventory.reserve(id, item: "sushi", quantity: 4), .mismatch)
        XCTAssertEqual(inventory.stock, ["burger": 6, "pizza": 3])
        XCTAssertEqual(inventory.reserve(id, item: "burger", quantity: 4), .reserved(remaining: 6))
    }

    func testAnUnknownItemIsRefusedAndStaysUnknown() {
        XCTAssertEqual(inventory.reserve(id, item: "sushi", quantity: 1), .unknownItem)
        XCTAssertEqual(inventory.reserve(id, item: "sushi", quantity: 1), .unknownItem)
        XCTAssertEqual(inventory.reserve(id, item: "burger", quantity: 1), .mismatch)
        XCTAssertEqual(inventory.stock, ["burger": 10, "pizza": 3])
    }

    func testItemNamesAreComparedExactly() {
        for name in ["Burger", "burger ", "burgers", "burge"] {
            XCTAssertEqual(inventory.reserve(.random(), item: name, quantity: 1), .unknownItem, name)
        }
    }

    func testMoreThanIsLeftIsRefusedAsAWhole() {
        XCTAssertEqual(inventory.reserve(id, item: "pizza", quantity: 4), .insufficientStock(remaining: 3))
        XCTAssertEqual(inventory.stock["pizza"], 3)
    }

    func testARefusalIsRememberedThoughStockComesBack() {
        let holder = OrderID.random()
        _ = inventory.reserve(holder, item: "pizza", quantity: 3)
        XCTAssertEqual(inventory.reserve(id, item: "pizza", quantity: 1), .insufficientStock(remaining: 0))
        XCTAssertEqual(inventory.release(holder), 3)
        XCTAssertEqual(inventory.reserve(id, item: "pizza", quantity: 1), .insufficientStock(remaining: 0))
        XCTAssertEqual(inventory.reserve(.random(), item: "pizza", quantity: 1), .reserved(remaining: 2))
    }

    // MARK: Limits

    func testTheLastOfAnItemCanBeReservedAndThenNoMore() {
        XCTAssertEqual(inventory.reserve(id, item: "pizza", quantity: 3), .reserved(remaining: 0))
        XCTAssertEqual(inventory.reserve(.random(), item: "pizza", quantity: 1), .insufficientStock(remaining: 0))
    }

    func testTheLargestQuantityIsReservedFromAStockOfExactlyThatAndNotOfOneLess() {
        let most = Order.quantities.upperBound
        var inventory = Inventory(stock: ["exact": most, "short": most - 1, "none": 0, "huge": 1_000_000_000])
        XCTAssertEqual(inventory.reserve(.random(), item: "exact", quantity: most), .reserved(remaining: 0))
        XCTAssertEqual(
            inventory.reserve(.random(), item: "short", quantity: most), .insufficientStock(remaining: most - 1))
        XCTAssertEqual(inventory.reserve(.random(), item: "none", quantity: 1), .insufficientStock(remaining: 0))
        XCTAssertEqual(inventory.reserve(.random(), item: "huge", quantity: most), .reserved(remaining: 999_999_000))
    }

    // MARK: Release

    func testReleaseGivesBackWhatTheOrderHoldsOnce() {
        _ = inventory.reserve(id, item: "burger", quantity: 4)
        XCTAssertEqual(inventory.release(id), 4)
        XCTAssertEqual(inventory.stock["burger"], 10)
        XCTAssertEqual(inventory.release(id), 0)
        XCTAssertEqual(inventory.stock["burger"], 10)
    }

    func testAReleasedOrderIsRefusedFromThenOn() {
        _ = inventory.reserve(id, item: "burger", quantity: 4)
        _ = inventory.release(id)
        XCTAssertEqual(inventory.reserve(id, item: "burger", quantity: 4), .released)
        XCTAssertEqual(inventory.reserve(id, item: "pizza", quantity: 1), .released)
        XCTAssertEqual(inventory.release(id), 0)
        XCTAssertEqual(inventory.stock, ["burger": 10, "pizza": 3])
    }

    func testAReleaseThatOvertakesItsReservationRefusesIt() {
        XCTAssertEqual(inventory.release(id), 0)
        XCTAssertEqual(inventory.reserve(id, item: "burger", quantity: 4), .released)
        XCTAssertEqual(inventory.stock["burger"], 10)
    }

    func testReleasingARefusedOrderGivesNothingBack() {
        let unknown = OrderID.random()
        _ = inventory.reserve(id, item: "pizza", quantity: 4)
        _ = inventory.reserve(unknown, item: "sushi", quantity: 4)
        XCTAssertEqual(inventory.release(id), 0)
        XCTAssertEqual(inventory.release(unknown), 0)
        XCTAssertEqual(inventory.stock, ["burger": 10, "pizza": 3])
        XCTAssertEqual(inventory.reserve(id, item: "pizza", quantity: 4), .released)
    }

    func testReleasingOneOrderLeavesAnotherOne() {
        let other = OrderID.random()
        _ = inventory.reserve(id, item: "burger", quantity: 4)
        _ = inventory.reserve(other, item: "burger", quantity: 5)
        XCTAssertEqual(inventory.release(id), 4)
        XCTAssertEqual(inventory.stock["burger"], 5)
        XCTAssertEqual(inventory.reserve(other, item: "burger", quantity: 5), .reserved(remaining: 1))
    }
}
