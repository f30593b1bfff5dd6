internal import AMQPClient
internal import CampusModel
internal import ServiceKit

extension OrderDesk {
    /// Takes over what has happened before the service was started, from the log, and opens the desk.
    ///
    /// Once is enough for a process: what it knows it does not forget when it loses its connection.
    func rebuild(_ connection: AMQPConnection, spare: UInt16, _ readiness: Readiness) throws(AMQPError) {
        guard !isOpen else { return }
        readiness.set("publisher", missing: "the orders, which are being rebuilt from the log")
        _ = try OrderLog.rebuild(connection, spare: spare, readiness: readiness, log: log) { event, _ in
            restore(event)
        }
        open()
    }

    /// Takes an event from the log, from before the service was started.
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
