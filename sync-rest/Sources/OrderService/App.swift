internal import HTTPClient
internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run(
            "order", port: 8000,
            ServiceDescription(
                "OrderService of sync-rest",
                "Takes orders, and calls inventory and notification for each before it answers.")
        ) { service in
            let environment = service.environment
            let timeout = try environment.seconds("REQUEST_TIMEOUT", in: 0.01...600, default: 5)
            let inventoryURL = try BaseURL(environment, "INVENTORY_URL", default: "http://127.0.0.1:8001")
            let notificationURL = try BaseURL(environment, "NOTIFICATION_URL", default: "http://127.0.0.1:8002")
            let client = HTTPClient(on: service.loop, keptConnections: min(1024, service.clientLimit))
            let inventory = InventoryClient(client, inventoryURL, timeout: timeout)
            let notification = NotificationClient(client, notificationURL, timeout: timeout)
            let releases = ReleaseQueue(inventory, on: service.loop, log: service.log)
            let workflow = OrderWorkflow(
                inventory: inventory, notification: notification, releases: releases, log: service.log)
            let deadline = try await service.serve(OrderRoutes(workflow).router(service.faults, service.readiness))
            // Calls that the deadline cuts off leave orders whose outcome is unknown: those must be released as well.
            if EventLoop.now() >= deadline { await client.cancelCalls() }
            await releases.finish(until: max(deadline, EventLoop.now() + 1_000_000_000))
            client.close()
        }
    }
}
