import Foundation
import LabTesting
import XCTest

/// Kills services and the broker in the middle of ten thousand orders, and then counts.
///
/// `tests/run_tests.sh --chaos` runs it. `CHAOS_ORDERS`, `CHAOS_KILLS` (of InventoryService and OrderService each),
/// `CHAOS_BROKER_KILLS` and `CHAOS_SEEDS` make it shorter; six in ten orders find stock.
final class ChaosTests: XCTestCase {
    private static let variables = ProcessInfo.processInfo.environment

    private func number(_ name: String, _ value: Int) -> Int { ChaosTests.variables[name].flatMap { Int($0) } ?? value }

    override func setUpWithError() throws {
        guard ChaosTests.variables["LAB_CHAOS"] == "1" else {
            throw XCTSkip("chaos tests were skipped: tests/run_tests.sh --chaos runs them")
        }
        XCTAssertTrue(Lab.isUp, "the chaos tests need a lab: see tests/run_tests.sh --chaos")
    }

    func testNothingIsLostOrSoldTwiceWhateverIsKilled() throws {
        for seed in (ChaosTests.variables["CHAOS_SEEDS"] ?? "1,2,3").split(separator: ",") {
            try run(seed: try XCTUnwrap(UInt64(seed), "CHAOS_SEEDS must be numbers"))
        }
    }

    private func run(seed: UInt64) throws {
        let count = number("CHAOS_ORDERS", 10_000)
        let stock = count * 6 / 10
        try Lab.run("down")
        // The broker's URL is the one of the lab that was just ended: a new one is wanted.
        try Lab.run("up", "--\(Lab.mode)", environment: ["STOCK": "\(stock)", "RABBITMQ_URL": ""])
        let customers = Customers(try Lab.port("ORDER_URL"), orders: count, seed: seed)
        customers.start()
        try kill(seed: seed)
        let placed = customers.finish()
        XCTAssertEqual(placed.count, count, "each order was answered with 202 in the end; seed \(seed)")
        XCTAssertEqual(Set(placed).count, count, "and each with an order of its own; seed \(seed)")

        let orders = try Ledger.whenSettled()
        XCTAssertEqual(Set(orders.keys), Set(placed), "the service knows these orders and no others; seed \(seed)")
        XCTAssertEqual(orders.values.filter { $0 == "reserved" }.count, stock, "seed \(seed)")
        XCTAssertEqual(orders.values.filter { $0 == "failed" }.count, count - stock, "seed \(seed)")
        XCTAssertEqual(try Ledger.burgersLeft(), 0, "seed \(seed)")
        XCTAssertEqual(try Ledger.deadLetters(), 0, "seed \(seed)")
    }

    /// Each at a moment that the seed decides; what was killed comes back at once.
    private func kill(seed: UInt64) throws {
        var random = Seeded(seed)
        let kills = number("CHAOS_KILLS", 20)
        var victims = Array(repeating: "inventory", count: kills) + Array(repeating: "order", count: kills)
        victims += Array(repeating: "broker", count: number("CHAOS_BROKER_KILLS", 3))
        victims.shuffle(using: &random)
        for victim in victims {
            Thread.sleep(forTimeInterval: .random(in: 0.1...0.6, using: &random))
            try Lab.run("kill", victim)
            try Lab.run("start", victim)
        }
    }
}

/// A generator whose numbers its seed decides (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
