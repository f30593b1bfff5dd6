import CampusModel
import Containers
import Foundation
import XCTest

@testable import Workflow

/// Lists that are written in pieces.
final class ListPiecesTests: XCTestCase {
    private func stored(_ count: Int, in store: OrderStore, _ status: OrderStatus = .reserved) -> [Order] {
        (0..<count).map { number in
            let order = Order(item: "burger", quantity: number % 1_000 + 1, status: status)
            store.put(order)
            return order
        }
    }

    private func filter(
        _ status: OrderStatus? = nil, limit: Int? = nil, id: OrderID? = nil, after: OrderID? = nil
    ) -> OrderStore.Filter {
        var filter = OrderStore.Filter()
        (filter.status, filter.limit, filter.id, filter.after) = (status, limit, id, after)
        return filter
    }

    func testAnEmptyListIsOnePiece() async throws {
        let list = try await OrderStore().list(filter())
        XCTAssertEqual(list.next().map { String(decoding: $0, as: UTF8.self) }, "[]")
        XCTAssertNil(list.next())
        XCTAssertNil(list.next(), "and stays at its end")
    }

    func testPiecesAreNeitherLongNorEmptyAndTogetherTheWholeList() async throws {
        let store = OrderStore()
        let orders = stored(5_000, in: store)
        let list = try await store.list(filter())
        var pieces: [[UInt8]] = []
        while let piece = list.next() { pieces.append(piece) }
        XCTAssertGreaterThan(pieces.count, 5)
        for piece in pieces {
            XCTAssertLessThanOrEqual(piece.count, 64 * 1024)
            XCTAssertFalse(piece.isEmpty)
        }
        for piece in pieces.dropLast() { XCTAssertGreaterThan(piece.count, 60 * 1024, "full, but for the last one") }
        XCTAssertEqual(try ids(Array(pieces.joined())), orders.map(\.id.description))
    }

    func testTheLongestEntriesFitIntoAPiece() async throws {
        let store = OrderStore()
        let log = NotificationLog()
        for item in [String(repeating: "🍕", count: 64), String(repeating: "\"", count: 64)] {
            for _ in 0..<500 {
                let order = Order(item: item, quantity: 1_000, status: .notified, timestamp: 253_402_300_799.999_97)
                store.put(order)
                log.add(order.id, .notified, item: item, at: order.timestamp)
            }
        }
        for list in [try await store.list(filter()), try log.list()] {
            var whole: [UInt8] = []
            while let piece = list.next() {
                XCTAssertLessThanOrEqual(piece.count, 64 * 1024)
                whole += piece
            }
            XCTAssertEqual(try ids(whole).count, 1_000)
        }
    }

    func testWhatIsPlacedMeanwhileIsNotPartOfTheList() async throws {
        let (store, log) = (OrderStore(), NotificationLog())
        let orders = stored(2_000, in: store)
        for order in orders { log.add(order.id, .reserved, item: order.item) }
        let lists = [try await store.list(filter()), try log.list()]
        let first = lists.map { $0.next() ?? [] }
        for order in stored(2_000, in: store) { log.add(order.id, .reserved, item: order.item) }
        for (list, first) in zip(lists, first) {
            XCTAssertEqual(try ids(first + list.whole), orders.map(\.id.description))
        }
    }

    func testAnOrderIsWrittenAsItIsWhenItsPieceIsMade() async throws {
        let store = OrderStore()
        let orders = stored(2_000, in: store, .placed)
        let list = try await store.list(filter())
        let first = list.next() ?? []
        store.setStatus(.failed, of: orders[0].id)
        store.setStatus(.failed, of: orders[1_999].id)
        let statuses = try entries(first + list.whole).map { $0["status"] as? String }
        XCTAssertEqual(statuses.first, "placed")
        XCTAssertEqual(statuses.last, "failed")
    }

    /// A list holds no copy of the store: changes of the store copy nothing, and what is forgotten is free.
    func testWhatIsForgottenMeanwhileIsLeftOut() async throws {
        let (capacity, segment) = (2_000, SegmentedArray<Order>.segmentLength)
        let (store, log) = (OrderStore(capacity: capacity), NotificationLog(capacity: capacity))
        let orders = stored(capacity, in: store)
        for order in orders { log.add(order.id, .reserved, item: order.item) }
        let lists = [try await store.list(filter()), try log.list()]
        let first = lists.map { $0.next() ?? [] }
        for order in stored(segment, in: store) { log.add(order.id, .reserved, item: order.item) }
        for (list, first) in zip(lists, first) {
            let written = try ids(first + [UInt8](" ]".utf8)).count
            XCTAssertLessThan(written, segment)
            let expected = orders[..<written] + orders[segment...]
            XCTAssertEqual(try ids(first + list.whole), expected.map(\.id.description))
        }
    }

    func testListsLeaveOutWhatWasForgotten() async throws {
        let store = OrderStore(capacity: 10)
        let orders = stored(10 + SegmentedArray<Order>.segmentLength, in: store)
        for limit in [nil, 3, 10, 100] {
            let list = try await store.list(filter(limit: limit))
            XCTAssertEqual(try ids(list.whole), orders.suffix(min(limit ?? 10, 10)).map(\.id.description))
        }
        let forgotten = try await store.list(filter(id: orders[0].id))
        XCTAssertEqual(forgotten.whole, Array("[]".utf8))
    }

    /// Nobody waits while a million places are looked through: each piece ends after some of them, with or without an entry.
    func testAFilterThatNothingPassesGivesWhiteSpace() async throws {
        let store = OrderStore()
        let order = Order(item: "burger", quantity: 1)
        store.put(order)
        for _ in 1..<1_000_000 { store.put(Order(item: "burger", quantity: 1, timestamp: 1)) }
        store.setStatus(.failed, of: order.id)
        let list = try await store.list(filter(.timeout))
        var pieces: [[UInt8]] = []
        while let piece = list.next() { pieces.append(piece) }
        XCTAssertGreaterThanOrEqual(pieces.count, 1_000_000 / 20_000)
        XCTAssertTrue(pieces.allSatisfy { !$0.isEmpty && $0.count < 3 })
        XCTAssertEqual(try ids(Array(pieces.joined())), [])
        let one = try await store.list(filter(.failed))
        XCTAssertEqual(try ids(one.whole), [order.id.description])
    }

    // MARK: After an order

    func testPagesTogetherAreTheWholeList() async throws {
        let store = OrderStore()
        for number in 0..<1_000 {
            store.put(Order(item: "burger", quantity: 1, status: number % 3 == 0 ? .failed : .reserved))
            if number % 7 == 0 { _ = store.hide(Order(item: "salad", quantity: 1)) }
        }
        for status in [nil, OrderStatus.failed, .reserved] {
            let whole = try ids(try await store.list(filter(status)).whole)
            for size in [1, 7, 999, 1_000] {
                // The first page begins with the oldest order, which `limit` alone does not.
                var pages = [try XCTUnwrap(whole.first)]
                while pages.count <= whole.count {
                    let page = try ids(
                        try await store.list(filter(status, limit: size, after: OrderID(pages.last ?? ""))).whole)
                    XCTAssertLessThanOrEqual(page.count, size)
                    if page.isEmpty { break }
                    pages += page
                }
                XCTAssertEqual(pages, whole, "\(size)")
            }
        }
    }

    func testAPageHasWhatWasPlacedSinceTheOneBefore() async throws {
        let store = OrderStore()
        let orders = stored(3, in: store)
        let newest = try await store.list(filter(after: orders[2].id))
        XCTAssertEqual(try ids(newest.whole), [])
        let later = stored(2, in: store)
        let next = try await store.list(filter(limit: 9, after: orders[2].id))
        XCTAssertEqual(try ids(next.whole), later.map(\.id.description))
    }

    func testAnOrderIsFoundAfterAnEarlierOneOnly() async throws {
        let store = OrderStore()
        let orders = stored(3, in: store)
        for (after, isThere) in [(0, true), (1, false), (2, false)] {
            let list = try await store.list(filter(id: orders[1].id, after: orders[after].id))
            XCTAssertEqual(try ids(list.whole), isThere ? [orders[1].id.description] : [], "\(after)")
        }
    }

    /// It would begin anywhere.
    func testAListAfterAnOrderThatIsNotInItIsRefused() async throws {
        let store = OrderStore(capacity: 10)
        let orders = stored(10 + SegmentedArray<Order>.segmentLength, in: store)
        let hidden = store.hide(Order(item: "salad", quantity: 1))
        for id in [OrderID.random(), orders[0].id, hidden.id] {
            do {
                _ = try await store.list(filter(after: id))
                XCTFail("\(id)")
            } catch {
                XCTAssertEqual(error.id, id)
            }
        }
    }

    private func ids(_ bytes: [UInt8]) throws -> [String] {
        try entries(bytes).map { try XCTUnwrap($0["order_id"] as? String) }
    }

    /// The list, read with a reader that is not the project's own.
    private func entries(_ bytes: [UInt8]) throws -> [[String: Any]] {
        try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(bytes)) as? [[String: Any]])
    }
}

extension ListPieces {
    /// What is left of the text.
    var whole: [UInt8] {
        var whole: [UInt8] = []
        while let piece = next() { whole += piece }
        return whole
    }
}
