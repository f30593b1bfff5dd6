internal import AMQPClient
internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run("notification") { service in
            let address = try AMQPAddress(service.environment)
            let notifications = NotificationLog()
            let consumer = AMQPConsumer(
                OrderTopology.notificationQueue, address, name: "notification", faults: service.faults,
                log: service.log, ReservationFeed(notifications, service.readiness, log: service.log))
            let deadline = try await service.serve(
                notifications.router(service.readiness), stopping: consumer.beginStopping)
            await consumer.close(on: service.loop, until: deadline)
        }
    }
}
