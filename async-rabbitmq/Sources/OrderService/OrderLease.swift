internal import AMQPClient
internal import OrderMessages
internal import ServiceKit

/// Has orders taken while this is the one OrderService at work: with the lease, once all that has happened before is known.
final class OrderLease: AMQPLeaseHolder {
    private let orders: Orders
    private let readiness: Readiness
    private let log: Logger
    let lease = OrderTopology.orderLease

    init(_ orders: Orders, _ readiness: Readiness, log: Logger) {
        self.orders = orders
        self.readiness = readiness
        self.log = log
        readiness.missingState = OrderLease.missing
    }

    private static let missing = "the orders, which are being rebuilt from the log"

    func declare(_ connection: AMQPConnection, channel: UInt16) throws(AMQPError) {
        try OrderLog.declare(connection, on: channel, readiness: readiness, log: log)
    }

    /// Each grant has the log read, for another instance may have worked meanwhile; what is known already stays as it is.
    func granted(_ connection: AMQPConnection, spare: UInt16) async throws(AMQPError) {
        readiness.condition = "starting"
        readiness.set("publisher", missing: OrderLease.missing)
        readiness.missingState = OrderLease.missing
        _ = try await OrderLog.rebuild(connection, spare: spare, readiness: readiness, log: log) { message, _ in
            orders.restore(message)
        }
        readiness.missingState = nil
        orders.mayPlace = true
    }

    func refused() {
        if readiness.condition != "standby" { log.info("another instance is at work: standing by") }
        readiness.condition = "standby"
        readiness.missingState = "the orders, which another instance takes"
    }

    func lost() {
        orders.mayPlace = false
        readiness.condition = "starting"
    }
}
