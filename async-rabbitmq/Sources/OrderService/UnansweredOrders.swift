internal import Containers

/// For how many orders of each record of the journal the broker has not answered yet: up to which record all are. A value.
struct UnansweredOrders: Sendable {
    private var records = Deque<(number: UInt64, count: Int)>()

    /// An order of a record is sent; records come in their order.
    mutating func add(_ record: UInt64) {
        if records.count > 0, records[records.count - 1].number == record {
            records[records.count - 1].count += 1
        } else {
            records.append((record, 1))
        }
    }

    /// The broker has answered for an order of a record.
    mutating func remove(_ record: UInt64) {
        if let index = (0..<records.count).first(where: { records[$0].number == record }) { records[index].count -= 1 }
        while records.first?.count == 0 { records.popFirst() }
    }

    /// The first record with an order that is not answered for; `nil` if there is none.
    var first: UInt64? { records.first?.number }
}
