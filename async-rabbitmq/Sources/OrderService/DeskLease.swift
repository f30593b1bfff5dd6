internal import AMQPClient
internal import CampusModel
internal import ServiceKit

/// Opens the desk while this is the one OrderService at work: with the lease, once all that has happened before is known.
final class DeskLease: AMQPLeaseHolder {
    private let desk: OrderDesk
    private let readiness: Readiness
    private let log: Logger
    let lease = OrderTopology.orderLease

    init(_ desk: OrderDesk, _ readiness: Readiness, log: Logger) {
        self.desk = desk
        self.readiness = readiness
        self.log = log
        readiness.missingState = DeskLease.orders
    }

    private static let orders = "the orders, which are being rebuilt from the log"

    func declare(_ connection: AMQPConnection, channel: UInt16) throws(AMQPError) {
        try OrderLog.declare(connection, on: channel, readiness: readiness, log: log)
    }

    /// Each grant has the log read, for another instance may have worked meanwhile; what is known already stays as it is.
    func granted(_ connection: AMQPConnection, spare: UInt16) throws(AMQPError) {
        readiness.condition = "starting"
        readiness.set("publisher", missing: DeskLease.orders)
        readiness.missingState = DeskLease.orders
        _ = try OrderLog.rebuild(connection, spare: spare, readiness: readiness, log: log) { event, _ in
            desk.restore(event)
        }
        readiness.missingState = nil
        desk.isOpen = true
    }

    func refused() {
        if readiness.condition != "standby" { log.info("another instance is at work: standing by") }
        readiness.condition = "standby"
        readiness.missingState = "the orders, which another instance takes"
    }

    func lost() {
        desk.isOpen = false
        readiness.condition = "starting"
    }
}

extension OrderDesk {
    /// Takes an event from the log.
    func restore(_ event: OrderEvent) {
        if event.kind == .placed {
            // An outcome may stand before its order where the same message was published twice.
            if orders.order(event.order.id) == nil {
                orders.put(event.order)
                unsettled.add(event.order.id)
            }
            restoreKey(event)
        } else {
            settle(event)
        }
    }
}
