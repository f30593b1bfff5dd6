import CampusModel
import XCTest

@testable import InventoryService

/// Conservation: initial stock = stock now + what is held, whatever comes in whatever order.
final class ReservationsConservationTests: XCTestCase {
    /// SplitMix64: the same sequence for the same seed on every machine.
    private struct SeededGenerator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var bits = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            return bits ^ (bits >> 31)
        }
    }

    /// What the test itself knows of an order, from the answers alone.
    private struct Known {
        var item: String
        var quantity: Int
        var answer: Reservations.Answer
    }

    private let initial = ["burger": 3_000, "pizza": 500, "salad": 0]
    private let items = ["burger", "pizza", "salad", "sushi"]

    func testConservationHoldsAfterEachOf100000RandomSteps() {
        for seed in 1...4 {
            var generator = SeededGenerator(state: UInt64(seed))
            var reservations = Reservations(stock: initial)
            var known: [OrderID: Known] = [:]
            var held = ["burger": 0, "pizza": 0, "salad": 0]
            let ids = (0..<2_000).map { _ in OrderID.random() }
            var tally = (reserved: 0, refused: 0, released: 0, repeated: 0)
            for step in 0..<25_000 {
                let id = ids[Int.random(in: 0..<ids.count, using: &generator)]
                if Int.random(in: 0..<3, using: &generator) == 0 {
                    let released = reservations.release(id)
                    let expected = known[id].map { $0.answer.isReserved ? $0.quantity : 0 } ?? 0
                    guard released == expected else { return XCTFail("seed \(seed), step \(step): \(released) back") }
                    if released > 0 { held[known[id]!.item]! -= released }
                    known[id] = Known(item: "", quantity: 0, answer: .released)
                    tally.released += released > 0 ? 1 : 0
                } else {
                    let item = known[id]?.item ?? items.randomElement(using: &generator)!
                    let quantity = known[id]?.quantity ?? Int.random(in: Order.quantities, using: &generator) / 10 + 1
                    let answer = reservations.reserve(id, item: item, quantity: quantity)
                    if let before = known[id] {
                        guard answer == before.answer else {
                            return XCTFail("seed \(seed), step \(step): the answer changed")
                        }
                        tally.repeated += 1
                    } else {
                        known[id] = Known(item: item, quantity: quantity, answer: answer)
                        if answer.isReserved { held[item]! += quantity }
                        tally.reserved += held[item] != nil && answer != .unknownItem ? 1 : 0
                        tally.refused += answer == .unknownItem ? 1 : 0
                    }
                }
                for (item, stock) in initial {
                    guard reservations.stock[item]! + held[item]! == stock, reservations.stock[item]! >= 0 else {
                        return XCTFail("seed \(seed), step \(step): \(item) is not conserved")
                    }
                }
            }
            XCTAssertTrue(
                tally.reserved > 100 && tally.refused > 100 && tally.released > 20 && tally.repeated > 100,
                "the sequence must have some of everything: \(tally)")
            for id in ids { _ = reservations.release(id) }
            XCTAssertEqual(reservations.stock, initial, "with all released, all is back")
        }
    }
}
