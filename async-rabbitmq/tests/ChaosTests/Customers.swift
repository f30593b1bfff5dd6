import Foundation
import LabTesting

/// Sixteen customers who place orders, about 500 a second together, and ask again with the same key until they get a 202.
///
/// `@unchecked Sendable`: what is mutable is guarded by `lock`.
final class Customers: @unchecked Sendable {
    private let port: Int
    private let seed: UInt64
    private let lock = NSLock()
    private var waiting: [Int]
    private var placed: [String] = []
    private let group = DispatchGroup()
    private static let count = 16

    init(_ port: Int, orders: Int, seed: UInt64) {
        self.port = port
        self.seed = seed
        waiting = Array((0..<orders).reversed())
    }

    func start() {
        for _ in 0..<Customers.count {
            let thread = Thread { self.work() }
            group.enter()
            thread.start()
        }
    }

    /// Waits until every order has its 202, and gives their identifiers.
    func finish() -> [String] {
        group.wait()
        return lock.withLock { placed }
    }

    private func work() {
        defer { group.leave() }
        var connection: HTTPConnection?
        while let order = lock.withLock({ waiting.popLast() }) {
            while true {
                if let id = place(order, &connection) {
                    lock.withLock { placed.append(id) }
                    break
                }
                // A customer who got no answer tries once more, but not at once.
                Thread.sleep(forTimeInterval: 0.05)
            }
            // The pace of a customer: so the orders last as long as the kills do.
            Thread.sleep(forTimeInterval: 0.03)
        }
    }

    /// - Returns: the order's identifier; `nil` where there was no answer, or not this one.
    private func place(_ order: Int, _ connection: inout HTTPConnection?) -> String? {
        do {
            let open = try connection ?? HTTPConnection(port: port)
            connection = open
            let reply = try open.send(
                "POST", "/order", body: #"{"item":"burger","quantity":1}"#,
                headers: ["Idempotency-Key": "chaos-\(seed)-\(order)"])
            guard reply.status == 202 else { return nil }
            let json = try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any]
            return json?["order_id"] as? String
        } catch {
            connection = nil
            return nil
        }
    }
}
