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

    private var seeds: [UInt64] {
        get throws {
            try (ChaosTests.variables["CHAOS_SEEDS"] ?? "1,2,3").split(separator: ",").map { seed in
                try XCTUnwrap(UInt64(seed), "CHAOS_SEEDS must be numbers")
            }
        }
    }

    func testNothingIsLostOrSoldTwiceWhateverIsKilled() throws {
        let kills = number("CHAOS_KILLS", 20)
        var victims = Array(repeating: "inventory", count: kills) + Array(repeating: "order", count: kills)
        victims += Array(repeating: "broker", count: number("CHAOS_BROKER_KILLS", 3))
        for seed in try seeds {
            let problems = try run(seed: seed, victims: victims)
            XCTAssertEqual(problems, [], "seed \(seed)")
        }
    }

    /// The same orders and the same counting, but each killed InventoryService finds no journal to rebuild its stock from, and is
    /// told to go on all the same: what is counted above can be wrong, and is then seen.
    func testWithoutTheJournalStockWouldBeSoldAgain() throws {
        let victims = Array(repeating: "inventory", count: number("CHAOS_KILLS", 20))
        let problems = try run(
            seed: try XCTUnwrap(try seeds.first), victims: victims, environment: ["ALLOW_LOST_STATE": "1"]
        ) { try Ledger.deleteJournal() }
        print("without the journal:", problems)
        XCTAssertTrue(problems.contains { $0.contains("reserved") }, "\(problems)")
    }

    /// - Parameters:
    ///   - environment: what the victims are started again with.
    ///   - afterKill: is called before a victim is started again.
    /// - Returns: what is wrong at the end.
    private func run(
        seed: UInt64, victims: [String], environment: [String: String] = [:], afterKill: () throws -> Void = {}
    ) throws -> [String] {
        let count = number("CHAOS_ORDERS", 10_000)
        let stock = count * 6 / 10
        try Lab.run("down")
        // The broker's URL is the one of the lab that was just ended: a new one is wanted.
        try Lab.run("up", "--\(Lab.mode)", environment: ["STOCK": "\(stock)", "RABBITMQ_URL": ""])
        let customers = Customers(try Lab.port("ORDER_URL"), orders: count, seed: seed)
        customers.start()
        var random = Seeded(seed)
        for victim in victims.shuffled(using: &random) {
            // The time between two kills is what is tried out.
            Thread.sleep(forTimeInterval: .random(in: 0.1...0.6, using: &random))
            try Lab.run("kill", victim)
            try afterKill()
            try Lab.run("start", victim, environment: environment)
        }
        let placed = customers.finish()
        let orders = try Ledger.whenSettled()

        var problems: [String] = []
        func check(_ found: Int, _ expected: Int, _ what: String) {
            if found != expected { problems.append("\(found) of \(expected) \(what)") }
        }
        check(placed.count, count, "orders were answered with 202 in the end")
        check(Set(placed).count, count, "orders are each their own")
        check(Set(orders.keys).symmetricDifference(placed).count, 0, "orders are known to one side alone")
        check(orders.values.count { $0 == "reserved" }, stock, "orders are reserved")
        check(orders.values.count { $0 == "failed" }, count - stock, "orders failed")
        check(try Ledger.burgersLeft(), 0, "burgers are left")
        check(try Ledger.deadLetters(), 0, "messages are dead letters")
        return problems
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
