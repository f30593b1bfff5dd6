internal import Foundation
internal import XCTest

/// What the workflow promises its clients in every style of communication: one suite, which each part runs against its own
/// services.
///
/// A part differs in when it answers and in what it can do about a failure; its own tests are about that. What is promised here
/// must hold in all of them.
public struct WorkflowConformance {
    private let lab: LabTestCase
    /// What `POST /order` answers when an order is taken.
    private let taken: Int
    /// The statuses that an order may end with if inventory holds its quantity.
    private let held: Set<String>
    /// Gives a new item that so many are in stock of.
    private let newItem: (Int) throws -> String

    /// Says how a part is told what it is asked.
    ///
    /// - Parameters:
    ///   - lab: the test that the suite is run by.
    ///   - taken: the status of an answer to an order that was taken.
    ///   - held: the statuses that an order may end with if inventory holds its quantity.
    ///   - newItem: puts so many of an item in stock that no order has held before, and names it.
    public init(
        _ lab: LabTestCase, taken: Int, held: Set<String>, newItem: @escaping (Int) throws -> String
    ) {
        self.lab = lab
        self.taken = taken
        self.held = held
        self.newItem = newItem
    }

    /// The promises, in words, and what checks each.
    private var promises: [(promise: String, check: (String) throws -> Void)] {
        [
            ("an order of what is in stock is held, once", oneOrder),
            ("more than is in stock is never held, and fails as a whole", tooMany),
            ("of an item that nobody knows nothing is held", unknownItem),
            ("of orders at once exactly the stock is held", manyAtOnce),
            ("requests with one key are one order", sameKey),
            ("requests with one key at once are one order", sameKeyAtOnce),
            ("a key of one order is refused for another one", otherOrder),
            ("a request that cannot be understood is refused, and nothing comes of it", badRequests),
            ("an order is found by its identifier, its status and its age", lists),
            ("a request has an identifier, its own or a new one", requestIDs),
            ("a service that is told to fail fails, and nothing comes of it", injectedFailure),
        ]
    }

    /// Checks all promises; a failure begins with the promise that is not kept.
    ///
    /// - Returns: how many there are.
    public func check() throws -> Int {
        for (promise, check) in promises {
            do {
                try check(promise)
            } catch {
                XCTFail("\(promise): \(error)")
            }
        }
        return promises.count
    }

    // MARK: Orders

    private func oneOrder(_ promise: String) throws {
        let item = try newItem(10)
        let id = try take(item, 4, promise)
        try assert(id, becomes: held, promise)
        try assertStock(item, 6, promise)
        let order = try lab.ask(try lab.orderService, "GET", "/orders/\(id)")
        XCTAssertEqual(order.text("item"), item, promise)
        XCTAssertEqual(order.number("quantity"), 4, promise)
        XCTAssertEqual(order.fields.count, 5, promise)
    }

    private func tooMany(_ promise: String) throws {
        let item = try newItem(3)
        let refused = try ask(item, 4)
        try assertFails(refused, promise)
        try assert(try take(item, 3, promise), becomes: held, promise)
        try assertFails(try ask(item, 1), promise)
        try assertStock(item, 0, promise)
    }

    private func unknownItem(_ promise: String) throws {
        try assertFails(try ask("unknown-\(UUID().uuidString.lowercased())", 1), promise)
    }

    private func manyAtOnce(_ promise: String) throws {
        let item = try newItem(20)
        let connections = try (0..<60).map { _ in try HTTPConnection(port: lab.orderService.port) }
        for connection in connections { try connection.begin("POST", "/order", body: LabTestCase.body(item, 1)) }
        var statuses: [Int] = []
        for connection in connections { statuses.append(try connection.reply().status) }
        XCTAssertTrue(statuses.allSatisfy { $0 == taken || $0 == 422 }, "\(promise): \(Set(statuses))")
        let isDecided = try Lab.eventually(within: 60) { try lab.orders("?status=placed").isEmpty }
        XCTAssertTrue(isDecided, promise)
        let orders = try lab.orders().filter { $0["item"] as? String == item }
        XCTAssertEqual(orders.count, 60, promise)
        XCTAssertEqual(orders.filter { held.contains($0["status"] as? String ?? "") }.count, 20, promise)
        try assertStock(item, 0, promise)
    }

    // MARK: Keys

    private func sameKey(_ promise: String) throws {
        let item = try newItem(10)
        let key = Self.newKey()
        let first = try ask(item, 2, key)
        XCTAssertEqual(first.status, taken, promise)
        XCTAssertNil(first.headers["idempotent-replayed"], promise)
        for _ in 0..<3 {
            let again = try ask(item, 2, key)
            XCTAssertEqual(again.status, taken, promise)
            XCTAssertEqual(again.headers["idempotent-replayed"], "true", promise)
            XCTAssertEqual(again.text("order_id"), first.text("order_id"), promise)
        }
        try assert(try XCTUnwrap(first.text("order_id")), becomes: held, promise)
        try assertStock(item, 8, promise)
    }

    private func sameKeyAtOnce(_ promise: String) throws {
        let item = try newItem(10)
        let (body, key) = (LabTestCase.body(item, 1), Self.newKey())
        let connections = try (0..<20).map { _ in try HTTPConnection(port: lab.orderService.port) }
        for connection in connections { try connection.begin("POST", "/order", body: body, headers: key) }
        let replies = try connections.map { try $0.reply() }
        XCTAssertEqual(Set(replies.map(\.status)), [taken], promise)
        let answers = replies.map { Answer(body: $0.body) }
        XCTAssertEqual(Set(answers.map { $0.text("order_id") }).count, 1, promise)
        XCTAssertEqual(replies.filter { $0.headers["idempotent-replayed"] == "true" }.count, 19, promise)
        try assert(try XCTUnwrap(answers.first?.text("order_id")), becomes: held, promise)
        try assertStock(item, 9, promise)
    }

    private func otherOrder(_ promise: String) throws {
        let item = try newItem(10)
        let key = Self.newKey()
        XCTAssertEqual(try ask(item, 1, key).status, taken, promise)
        lab.assertError(try ask(item, 2, key), 422, "idempotency_conflict")
        let id = try take(item, 1, promise)
        try assert(id, becomes: held, promise)
        try assertStock(item, 8, promise)
    }

    // MARK: Requests

    private func badRequests(_ promise: String) throws {
        let before = try lab.orders().count
        for (body, word) in [
            ("", "body"), ("[1]", "body"), (#"{"item":"burger","quantity":1"#, "body"), (#"{"quantity":1}"#, "item"),
            (#"{"item":"","quantity":1}"#, "item"), (#"{"item":7,"quantity":1}"#, "item"),
            (#"{"item":"burger"}"#, "quantity"), (#"{"item":"burger","quantity":0}"#, "quantity"),
            (#"{"item":"burger","quantity":1.5}"#, "quantity"), (#"{"item":"burger","quantity":"2"}"#, "quantity"),
            (#"{"item":"burger","quantity":1001}"#, "quantity"),
            (#"{"item":"burger","quantity":1,"quantity":2}"#, "quantity"),
        ] {
            let answer = try lab.ask(try lab.orderService, "POST", "/order", body)
            lab.assertError(answer, 400, "bad_request", naming: word)
        }
        let longKey = ["Idempotency-Key": String(repeating: "k", count: 256)]
        lab.assertError(try ask("burger", 1, longKey), 400, "bad_request", naming: "Idempotency-Key")
        lab.assertError(try lab.ask(try lab.orderService, "GET", "/nowhere"), 404, "not_found")
        lab.assertError(try lab.ask(try lab.orderService, "DELETE", "/order"), 405, "method_not_allowed")
        XCTAssertEqual(try lab.orders().count, before, promise)
    }

    private func lists(_ promise: String) throws {
        let item = try newItem(3)
        var ids: [String] = []
        for _ in 0..<3 { ids.append(try take(item, 1, promise)) }
        for id in ids { try assert(id, becomes: held, promise) }
        func listed(_ query: String) throws -> [String?] { try lab.orders(query).map { $0["order_id"] as? String } }
        XCTAssertEqual(try listed("?limit=2"), Array(ids.suffix(2)), promise)
        XCTAssertEqual(try listed("?order_id=\(ids[1])"), [ids[1]], promise)
        XCTAssertEqual(try listed("?order_id=\(ids[1].uppercased())&status=failed"), [], promise)
        XCTAssertTrue(try held.flatMap { try listed("?status=\($0)") }.contains(ids[0]), promise)
        for query in ["?status=eaten", "?limit=0", "?limit=x", "?order_id=7", "?limit=1&limit=2"] {
            let name = String(query.dropFirst().prefix { $0 != "=" })
            let answer = try lab.ask(try lab.orderService, "GET", "/orders" + query)
            lab.assertError(answer, 400, "bad_request", naming: name)
        }
        let nobodys = "/orders/\(UUID().uuidString)"
        lab.assertError(try lab.ask(try lab.orderService, "GET", nobodys), 404, "not_found")
    }

    private func requestIDs(_ promise: String) throws {
        let item = try newItem(10)
        let own = try ask(item, 1, ["X-Request-Id": "follow-me"])
        XCTAssertEqual(own.headers["x-request-id"], "follow-me", promise)
        let made = try [[:], ["X-Request-Id": "a b"]].map { try ask(item, 1, $0).headers["x-request-id"] ?? "" }
        XCTAssertEqual(Set(made).count, 2, promise)
        XCTAssertTrue(made.allSatisfy { (1...128).contains($0.utf8.count) && $0 != "a b" }, promise)
    }

    private func injectedFailure(_ promise: String) throws {
        let item = try newItem(10)
        let before = try lab.orders().count
        try lab.setFailure(true, try lab.orderService)
        lab.assertError(try ask(item, 1), 500, "injected_failure")
        try lab.setFailure(false, try lab.orderService)
        XCTAssertEqual(try lab.orders().count, before, promise)
        try assertStock(item, 10, promise)
    }

    // MARK: Pieces

    private static func newKey() -> [String: String] { ["Idempotency-Key": UUID().uuidString] }

    private func ask(_ item: String, _ quantity: Int, _ headers: [String: String] = [:]) throws -> Answer {
        try lab.order(item, quantity, headers: headers)
    }

    /// Places an order that must be taken.
    ///
    /// - Returns: its identifier.
    private func take(_ item: String, _ quantity: Int, _ promise: String) throws -> String {
        let answer = try ask(item, quantity)
        XCTAssertEqual(answer.status, taken, "\(promise): \(answer.fields)")
        return try XCTUnwrap(answer.text("order_id"), promise)
    }

    private func assert(_ id: String, becomes statuses: Set<String>, _ promise: String) throws {
        func status() throws -> String? { try lab.ask(try lab.orderService, "GET", "/orders/\(id)").text("status") }
        let isSo = try Lab.eventually { try statuses.contains(status() ?? "") }
        if !isSo { XCTFail("\(promise): \(try status() ?? "no status") instead of \(statuses)") }
    }

    /// An order failed: at once, or as its client learns later.
    private func assertFails(_ answer: Answer, _ promise: String) throws {
        XCTAssertTrue(answer.status == 422 || answer.status == taken, "\(promise): \(answer.status)")
        try assert(try XCTUnwrap(answer.text("order_id"), promise), becomes: ["failed"], promise)
    }

    /// Inventory may show what it has decided a moment after others know.
    private func assertStock(_ item: String, _ count: Int, _ promise: String) throws {
        _ = try Lab.eventually(within: 10) { try lab.stock(item) == count }
        XCTAssertEqual(try lab.stock(item), count, promise)
    }
}
