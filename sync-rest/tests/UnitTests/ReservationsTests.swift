import CampusModel
import Workflow
import XCTest

@testable import InventoryService

final class ReservationsTests: XCTestCase {
    private let id = OrderID.random()
    private var reservations = Reservations(stock: ["burger": 10, "pizza": 3])

    func testAReservationTakesItsQuantityOfItsItemOnly() {
        XCTAssertEqual(reservations.reserve(id, item: "burger", quantity: 4), .reserved(remaining: 6))
        XCTAssertEqual(reservations.reserve(.random(), item: "burger", quantity: 1), .reserved(remaining: 5))
        XCTAssertEqual(reservations.stock, ["burger": 5, "pizza": 3])
    }

    func testTheSameReservationAgainGivesTheSameAnswerAndTakesNothing() {
        XCTAssertEqual(reservations.reserve(id, item: "burger", quantity: 4), .reserved(remaining: 6))
        _ = reservations.reserve(.random(), item: "burger", quantity: 5)
        XCTAssertEqual(reservations.reserve(id, item: "burger", quantity: 4), .reserved(remaining: 6))
        XCTAssertEqual(reservations.stock["burger"], 1)
    }

    func testTheSameOrderWithAnotherItemOrQuantityIsAMismatch() {
        _ = reservations.reserve(id, item: "burger", quantity: 4)
        XCTAssertEqual(reservations.reserve(id, item: "burger", quantity: 5), .mismatch)
        XCTAssertEqual(reservations.reserve(id, item: "pizza", quantity: 4), .mismatch)
        XCTAssertEqual(reservations.reserve(id, item: "sushi", quantity: 4), .mismatch)
        XCTAssertEqual(reservations.stock, ["burger": 6, "pizza": 3])
        XCTAssertEqual(reservations.reserve(id, item: "burger", quantity: 4), .reserved(remaining: 6))
    }

    func testAnUnknownItemIsRefusedAndStaysUnknown() {
        XCTAssertEqual(reservations.reserve(id, item: "sushi", quantity: 1), .unknownItem)
        XCTAssertEqual(reservations.reserve(id, item: "sushi", quantity: 1), .unknownItem)
        XCTAssertEqual(reservations.reserve(id, item: "burger", quantity: 1), .mismatch)
        XCTAssertEqual(reservations.stock, ["burger": 10, "pizza": 3])
    }

    func testItemNamesAreComparedExactly() {
        for name in ["Burger", "burger ", "burgers", "burge"] {
            XCTAssertEqual(reservations.reserve(.random(), item: name, quantity: 1), .unknownItem, name)
        }
    }

    func testMoreThanIsLeftIsRefusedAsAWhole() {
        XCTAssertEqual(reservations.reserve(id, item: "pizza", quantity: 4), .insufficientStock(remaining: 3))
        XCTAssertEqual(reservations.stock["pizza"], 3)
    }

    func testARefusalIsRememberedThoughStockComesBack() {
        let holder = OrderID.random()
        _ = reservations.reserve(holder, item: "pizza", quantity: 3)
        XCTAssertEqual(reservations.reserve(id, item: "pizza", quantity: 1), .insufficientStock(remaining: 0))
        XCTAssertEqual(reservations.release(holder), 3)
        XCTAssertEqual(reservations.reserve(id, item: "pizza", quantity: 1), .insufficientStock(remaining: 0))
        XCTAssertEqual(reservations.reserve(.random(), item: "pizza", quantity: 1), .reserved(remaining: 2))
    }

    // MARK: Limits

    func testTheLastOfAnItemCanBeReservedAndThenNoMore() {
        XCTAssertEqual(reservations.reserve(id, item: "pizza", quantity: 3), .reserved(remaining: 0))
        XCTAssertEqual(reservations.reserve(.random(), item: "pizza", quantity: 1), .insufficientStock(remaining: 0))
    }

    func testTheLargestQuantityIsReservedFromAStockOfExactlyThatAndNotOfOneLess() {
        let most = Order.quantities.upperBound
        var reservations = Reservations(stock: ["exact": most, "short": most - 1, "none": 0, "huge": 1_000_000_000])
        XCTAssertEqual(reservations.reserve(.random(), item: "exact", quantity: most), .reserved(remaining: 0))
        XCTAssertEqual(
            reservations.reserve(.random(), item: "short", quantity: most), .insufficientStock(remaining: most - 1))
        XCTAssertEqual(reservations.reserve(.random(), item: "none", quantity: 1), .insufficientStock(remaining: 0))
        XCTAssertEqual(reservations.reserve(.random(), item: "huge", quantity: most), .reserved(remaining: 999_999_000))
    }

    // MARK: Release

    func testReleaseGivesBackWhatTheOrderHoldsOnce() {
        _ = reservations.reserve(id, item: "burger", quantity: 4)
        XCTAssertEqual(reservations.release(id), 4)
        XCTAssertEqual(reservations.stock["burger"], 10)
        XCTAssertEqual(reservations.release(id), 0)
        XCTAssertEqual(reservations.stock["burger"], 10)
    }

    func testAReleasedOrderIsRefusedFromThenOn() {
        _ = reservations.reserve(id, item: "burger", quantity: 4)
        _ = reservations.release(id)
        XCTAssertEqual(reservations.reserve(id, item: "burger", quantity: 4), .released)
        XCTAssertEqual(reservations.reserve(id, item: "pizza", quantity: 1), .released)
        XCTAssertEqual(reservations.release(id), 0)
        XCTAssertEqual(reservations.stock, ["burger": 10, "pizza": 3])
    }

    func testAReleaseThatOvertakesItsReservationRefusesIt() {
        XCTAssertEqual(reservations.release(id), 0)
        XCTAssertEqual(reservations.reserve(id, item: "burger", quantity: 4), .released)
        XCTAssertEqual(reservations.stock["burger"], 10)
    }

    func testReleasingARefusedOrderGivesNothingBack() {
        let unknown = OrderID.random()
        _ = reservations.reserve(id, item: "pizza", quantity: 4)
        _ = reservations.reserve(unknown, item: "sushi", quantity: 4)
        XCTAssertEqual(reservations.release(id), 0)
        XCTAssertEqual(reservations.release(unknown), 0)
        XCTAssertEqual(reservations.stock, ["burger": 10, "pizza": 3])
        XCTAssertEqual(reservations.reserve(id, item: "pizza", quantity: 4), .released)
    }

    func testReleasingOneOrderLeavesAnotherOne() {
        let other = OrderID.random()
        _ = reservations.reserve(id, item: "burger", quantity: 4)
        _ = reservations.reserve(other, item: "burger", quantity: 5)
        XCTAssertEqual(reservations.release(id), 4)
        XCTAssertEqual(reservations.stock["burger"], 5)
        XCTAssertEqual(reservations.reserve(other, item: "burger", quantity: 5), .reserved(remaining: 1))
    }
}

extension Reservations.Answer {
    static func reserved(remaining: Int) -> Self { .decided(.reserved(remaining: remaining)) }
    static func insufficientStock(remaining: Int) -> Self { .decided(.insufficientStock(remaining: remaining)) }
    static let unknownItem = Self.decided(.unknownItem)

    var isReserved: Bool { if case .decided(let verdict) = self { verdict.isReserved } else { false } }
}
