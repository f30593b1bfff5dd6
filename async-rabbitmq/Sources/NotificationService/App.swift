internal import AMQPClient
internal import OrderMessages
internal import ServiceKit
internal import Workflow
internal import WorkflowHTTP

@main
enum App {
    static func main() {
        Service.run("notification", port: 8002) { service in
            let address = try AMQPAddress(service.environment)
            let notifications = NotificationLog()
            let consumer = AMQPConsumer(
                OrderTopology.notificationQueue, address, name: "notification", faults: service.faults,
                log: service.log, ReservationFeed(notifications, service.readiness, log: service.log))
            var router = Router()
            router.addNotifications(notifications, service.readiness)
            let deadline = try await service.serve(router, stopping: consumer.beginStopping)
            await consumer.close(on: service.loop, until: deadline)
        }
    }
}
