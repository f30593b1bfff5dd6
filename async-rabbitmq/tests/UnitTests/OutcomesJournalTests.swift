import CampusModel
import Containers
import Journal
import OrderMessages
import ServiceKit
import Tracing
import Workflow
import WorkflowHTTP
import XCTest

@testable import InventoryService

/// What the inventory forgets, undoes, and learns from its journal.
final class OutcomesJournalTests: XCTestCase {
    private static let segment = SegmentedArray<InventoryEntry>.segmentLength

    private func placed(_ item: String = "burger", _ quantity: Int = 1, id: OrderID = .random(), message: String? = nil)
        -> OrderMessage
    {
        OrderMessage(
            OrderEvent(.placed, Order(id: id, item: item, quantity: quantity)),
            id: message.flatMap { MessageID($0) } ?? .uuid(.random()), context: RequestContext(requestID: nil))
    }

    /// The totals of the items of which something is reserved.
    private func totals(_ outcomes: Outcomes) -> [String: Int] { outcomes.totals.counts.filter { $0.value != 0 } }

    private func all(_ outcomes: Outcomes) -> [InventoryEntry] {
        outcomes.decisions(from: 0, to: outcomes.count).decisions
    }

    // MARK: Forgetting

    func testTheOldestDecisionsAreForgottenASegmentAtATime() {
        let (capacity, segment) = (100, OutcomesJournalTests.segment)
        var outcomes = Outcomes(stock: ["burger": 5000], capacity: capacity)
        let orders = (0..<capacity + segment).map { placed(message: "m\($0)") }
        for order in orders.dropLast() { _ = outcomes.decide(order) }
        XCTAssertEqual(all(outcomes).count, capacity + segment - 1, "nothing is forgotten yet")
        let before = outcomes
        _ = outcomes.decide(orders[capacity + segment - 1])
        XCTAssertEqual(all(outcomes).map(\.id), orders[segment...].map(\.event.order.id))
        XCTAssertEqual(outcomes.count, capacity + segment, "the places of the others stay")
        XCTAssertEqual(outcomes.stock, ["burger": 5000 - capacity - segment], "what is forgotten is not given back")
        XCTAssertEqual(totals(outcomes), ["burger": capacity + segment])
        for order in orders[segment...] { XCTAssertNil(outcomes.decide(order).decision, "it is remembered") }
        for place in [0, segment - 1] {
            let copy = placed(message: "m\(place)")
            let again = outcomes.decide(copy).decision
            XCTAssertEqual(again?.id, copy.event.order.id, "neither the message is known nor the order")
            XCTAssertNotNil(outcomes.decide(placed(id: orders[place].event.order.id)).decision)
        }
        XCTAssertEqual(all(before).count, capacity + segment - 1, "a copy is as it was")
    }

    func testForgettingGoesOnAndOn() {
        var outcomes = Outcomes(stock: ["burger": 5], capacity: 10)
        var newest: [OrderMessage] = []
        for _ in 0..<10 * OutcomesJournalTests.segment {
            let order = placed()
            XCTAssertNotNil(outcomes.decide(order).decision)
            newest.append(order)
            if newest.count > 10 { newest.removeFirst() }
        }
        XCTAssertLessThan(all(outcomes).count, 10 + OutcomesJournalTests.segment)
        for order in newest { XCTAssertNil(outcomes.decide(order).decision) }
        XCTAssertEqual(outcomes.stock, ["burger": 0])
        XCTAssertEqual(totals(outcomes), ["burger": 5])
    }

    func testDecisionsAreGivenInAnyRange() {
        var outcomes = Outcomes(stock: ["burger": 5], capacity: 10)
        let orders = (0..<10 + OutcomesJournalTests.segment).map { _ in placed() }
        for order in orders { _ = outcomes.decide(order) }
        let (segment, end) = (OutcomesJournalTests.segment, orders.count)
        for (from, to) in [
            (0, 5), (0, segment), (0, segment + 3), (segment + 3, segment + 4), (5, 5), (0, end), (end, end),
        ] {
            let (found, next) = outcomes.decisions(from: from, to: to)
            XCTAssertEqual(found.map(\.id), orders[max(from, segment)..<max(to, from, segment)].map(\.event.order.id))
            XCTAssertEqual(next, to)
        }
    }

    // MARK: Undoing

    func testAnUndoneDecisionWasNeverMade() throws {
        var outcomes = Outcomes(stock: ["burger": 10])
        _ = outcomes.decide(placed("burger", 3))
        let (before, order) = (outcomes, placed("burger", 4))
        for order in [order, placed("burger", 8), placed("soup", 1)] {
            let decision = try XCTUnwrap(outcomes.decide(order).decision)
            outcomes.undoLast()
            XCTAssertEqual(outcomes.stock, before.stock)
            XCTAssertEqual(totals(outcomes), totals(before))
            XCTAssertEqual(outcomes.count, 1)
            XCTAssertEqual(all(outcomes), all(before))
            let other = outcomes.decide(placed("burger", 5, message: order.id.description))
            XCTAssertNotNil(other.decision, "the message may bring another order")
            XCTAssertNotEqual(other.decision?.id, decision.id)
            outcomes.undoLast()
            XCTAssertNotNil(
                outcomes.decide(placed("burger", 5, id: decision.id)).decision, "and the order may come again")
            outcomes.undoLast()
        }
        XCTAssertEqual(outcomes.decide(placed("burger", 7)).message.event.kind, .reserved, "all of it was given back")
    }

    func testWhatIsNotInTheJournalForSureIsUndone() {
        var outcomes = Outcomes(stock: ["burger": 10])
        let orders = (1...4).map { placed("burger", $0) }
        for order in orders { _ = outcomes.decide(order) }
        for _ in 0..<2 { outcomes.confirmFirst() }
        outcomes.undoUnconfirmed()
        XCTAssertEqual(outcomes.stock, ["burger": 7])
        XCTAssertEqual(totals(outcomes), ["burger": 3])
        XCTAssertEqual(all(outcomes).map(\.id), orders[..<2].map(\.event.order.id))
        outcomes.undoUnconfirmed()
        XCTAssertEqual(outcomes.count, 2)
        XCTAssertNil(outcomes.decide(orders[1]).decision)
        XCTAssertNotNil(outcomes.decide(orders[2]).decision)
    }

    func testWhatTheJournalTellsIsNotUndone() throws {
        var other = Outcomes(stock: ["burger": 10])
        let entries = try (1...3).map { try XCTUnwrap(other.decide(placed("burger", $0)).decision) }
        var outcomes = Outcomes(stock: ["burger": 10])
        outcomes.restore(entries[0], isOfSnapshot: true)
        for entry in entries[1...] { outcomes.restore(entry, isOfSnapshot: false) }
        _ = outcomes.decide(placed("burger", 4))
        outcomes.undoUnconfirmed()
        XCTAssertEqual(all(outcomes), entries)
        XCTAssertEqual(outcomes.stock, ["burger": 5], "what a snapshot's decision took is in its totals")
    }

    func testUndoingGoesBackOverTheEdgeOfASegment() {
        let segment = OutcomesJournalTests.segment
        var outcomes = Outcomes(stock: ["burger": 5000])
        let orders = (0..<segment + 2).map { _ in placed() }
        for order in orders { _ = outcomes.decide(order) }
        for _ in 0..<segment - 1 { outcomes.confirmFirst() }
        outcomes.undoUnconfirmed()
        XCTAssertEqual(outcomes.count, segment - 1)
        XCTAssertEqual(outcomes.stock, ["burger": 5000 - segment + 1])
        for order in orders[(segment - 1)...] { XCTAssertNotNil(outcomes.decide(order).decision) }
        XCTAssertEqual(all(outcomes).map(\.id), orders.map(\.event.order.id))
    }

    // MARK: Snapshots

    func testTotalsStandForWhatIsNotRemembered() throws {
        var outcomes = Outcomes(stock: ["burger": 10, "pizza": 3])
        _ = outcomes.decide(placed("burger", 1))
        outcomes.restore(ReservedTotals(["burger": 4, "soup": 7]))
        XCTAssertEqual(outcomes.stock, ["burger": 6, "pizza": 3], "an item that is not sold any more has no stock")
        XCTAssertEqual(totals(outcomes), ["burger": 4, "soup": 7], "but it stays counted")
        XCTAssertEqual(outcomes.count, 0)
        outcomes.undoUnconfirmed()
        XCTAssertEqual(outcomes.stock, ["burger": 6, "pizza": 3])
    }

    func testASnapshotAndWhatFollowsGiveTheSameInventory() throws {
        let stock = ["burger": 2000, "pizza": 20]
        var outcomes = Outcomes(stock: stock, capacity: 100)
        var orders: [OrderMessage] = []
        func decide(_ count: Int) -> [InventoryEntry] {
            (0..<count).compactMap { number in
                orders.append(placed(["burger", "pizza", "soup"][number % 3], number % 4 + 1))
                return outcomes.decide(orders[orders.count - 1]).decision
            }
        }
        _ = decide(3000)
        let (totals, decisions) = (outcomes.totals, all(outcomes))
        let later = decide(200)
        var rebuilt = Outcomes(stock: stock, capacity: 100)
        rebuilt.restore(totals)
        for decision in decisions { rebuilt.restore(decision, isOfSnapshot: true) }
        for decision in later { rebuilt.restore(decision, isOfSnapshot: false) }
        XCTAssertEqual(rebuilt.stock, outcomes.stock)
        XCTAssertEqual(rebuilt.totals, outcomes.totals)
        XCTAssertEqual(all(rebuilt), all(outcomes))
        for order in orders.suffix(100) {
            let (one, other) = (outcomes.decide(order), rebuilt.decide(order))
            XCTAssertEqual(one.message, other.message)
            XCTAssertNil(other.decision)
        }
    }

    // MARK: Whatever comes

    func testNothingIsLostAndNothingIsSoldTwiceWhateverComes() {
        for seed in 0..<20 as Range<UInt64> { runRandomly(seed) }
    }

    private struct Snapshot {
        let totals: ReservedTotals
        let decisions: [InventoryEntry]
        /// How many decisions it is of.
        let count: Int
    }

    private func runRandomly(_ seed: UInt64) {
        var random = SeededGenerator(seed)
        let (stock, capacity) = (["burger": 2500, "pizza": 100], 200)
        var outcomes = Outcomes(stock: stock, capacity: capacity)
        // What the journal has for sure, what is on its way there, and what was told about each message.
        var (journal, pending): ([InventoryEntry], [InventoryEntry]) = ([], [])
        var told: [(order: OrderMessage, outcome: OrderMessage)] = []
        var snapshot: Snapshot?
        // How many of each item the decisions hold, those on their way included.
        var held: [String: Int] = [:]
        func hold(_ decision: InventoryEntry, times: Int) {
            if decision.reason == nil { held[decision.item, default: 0] += times * decision.quantity }
        }
        for _ in 0..<6000 {
            switch random.next() % 100 {
            case 0..<60:
                let item = ["burger", "pizza", "soup"][Int(random.next() % 8) / 3]
                let order = placed(item, Int.random(in: 1...3, using: &random))
                let (message, decision) = outcomes.decide(order)
                guard let decision else { return XCTFail("seed \(seed): a new order is not decided") }
                pending.append(decision)
                hold(decision, times: 1)
                told.append((order, message))
            case 60..<80:
                guard let (order, outcome) = told.suffix(capacity / 2).randomElement(using: &random) else { continue }
                let isSameMessage = Bool.random(using: &random)
                let copy = isSameMessage ? order : placed("pizza", 1, id: order.event.order.id)
                let (message, decision) = outcomes.decide(copy)
                XCTAssertNil(decision, "seed \(seed)")
                XCTAssertEqual(message.id, outcome.id, "seed \(seed)")
                XCTAssertEqual(message.event, outcome.event, "seed \(seed)")
            case 80..<95:
                for _ in 0..<Int.random(in: 0...pending.count, using: &random) {
                    outcomes.confirmFirst()
                    journal.append(pending.removeFirst())
                }
            case 95:
                outcomes.undoUnconfirmed()
                told.removeLast(pending.count)
                for decision in pending { hold(decision, times: -1) }
                pending = []
            case 96:
                guard pending.isEmpty else { continue }
                snapshot = Snapshot(totals: outcomes.totals, decisions: all(outcomes), count: journal.count)
            case 97:
                // The service is killed; another one reads the journal, from its beginning or from the snapshot.
                told.removeLast(pending.count)
                for decision in pending { hold(decision, times: -1) }
                pending = []
                outcomes = Outcomes(stock: stock, capacity: capacity)
                var start = 0
                if let snapshot, Bool.random(using: &random) {
                    outcomes.restore(snapshot.totals)
                    for decision in snapshot.decisions { outcomes.restore(decision, isOfSnapshot: true) }
                    start = snapshot.count
                }
                for decision in journal[start...] { outcomes.restore(decision, isOfSnapshot: false) }
            default: continue
            }
            guard outcomes.stock == stock.merging(held, uniquingKeysWith: -),
                totals(outcomes) == held.filter({ $0.value != 0 })
            else {
                return XCTFail("seed \(seed): \(outcomes.stock) is left, and \(held) is held")
            }
        }
        XCTAssertGreaterThan(journal.count, capacity + OutcomesJournalTests.segment, "some were forgotten")
    }

    // MARK: The service

    func testTheServiceWritesASnapshotInPieces() throws {
        let shared = SharedOutcomes(stock: InitialStock(["burger": 1000, "pizza": 5]))
        let work = InventoryWork(shared, log: Logger(service: "test", level: .error))
        let orders = (0..<1500).map { placed(["burger", "pizza", "soup"][$0 % 3], 1) }
        for order in orders { _ = shared.decide(order) }
        for length in [1, 1000, 1_000_000] {
            var beginning = BinaryWriter()
            work.beginSnapshot(&beginning)
            // What is decided now is not in the snapshot.
            let late = try XCTUnwrap(shared.decide(placed("burger", 1)).decision)
            let copy = SharedOutcomes(stock: InitialStock(["burger": 1000, "pizza": 5]))
            let reading = InventoryWork(copy, log: Logger(service: "test", level: .error))
            var reader = BinaryReader(beginning.bytes)
            try reading.restoreBeginning(&reader)
            XCTAssertTrue(reader.isAtEnd)
            var (isLast, pieces) = (false, 0)
            while !isLast, pieces < 10_000 {
                var piece = BinaryWriter()
                isLast = work.writePiece(&piece, length: length)
                XCTAssertLessThan(piece.count, length + 64 * 100, "a piece is about as long as it is to be")
                var reader = BinaryReader(piece.bytes)
                while !reader.isAtEnd { try reading.restore(&reader, record: 1, isOfSnapshot: true) }
                pieces += 1
            }
            if length == 1_000_000 { XCTAssertEqual(pieces, 1) } else { XCTAssertGreaterThan(pieces, 20) }
            var writer = BinaryWriter()
            late.write(to: &writer)
            reader = BinaryReader(writer.bytes)
            try reading.restore(&reader, record: 2, isOfSnapshot: false)
            XCTAssertEqual(copy.stock, shared.stock)
            for order in orders { XCTAssertNil(copy.decide(order).decision) }
        }
        work.forget()
        XCTAssertEqual(shared.stock, ["burger": 1000, "pizza": 5])
    }

    func testWhatIsDecidedAndNotInTheJournalIsForgottenWithTheConnection() {
        let shared = SharedOutcomes(stock: InitialStock(["burger": 10]))
        let work = InventoryWork(shared, log: Logger(service: "test", level: .error))
        for quantity in 1...3 { _ = shared.decide(placed("burger", quantity)) }
        shared.confirmFirst()
        work.disconnected()
        work.forgetUnconfirmed()
        XCTAssertEqual(shared.stock, ["burger": 9])
    }
}
