internal import AMQPClient
internal import CampusModel
internal import Journal
internal import OrderMessages
internal import ServiceKit
internal import Workflow
internal import WorkflowHTTP

@main
enum App {
    static func main() {
        Service.run(
            "notification", port: 8002,
            ServiceDescription(
                "NotificationService of async-rabbitmq",
                "Consumes reservations from a queue, and tells customers of them.")
        ) { service in
            let address = try AMQPAddress(service.environment)
            let notifications = NotificationLog(capacity: OrderTopology.remembered)
            let worker = JournaledWorker(
                OrderTopology.names(
                    journal: OrderTopology.notificationJournal, lease: OrderTopology.notificationLease,
                    queue: OrderTopology.notificationQueue),
                try JournalSettings(service.environment, continuesAfterLoss: true), address, name: "notification",
                faults: service.faults, readiness: service.readiness, log: service.log, NotificationWork(notifications))
            let router = Router([.notifications(notifications, [.reserved], service.readiness)])
            let deadline = try await service.serve(router, stopping: worker.stopConsuming)
            await worker.close(on: service.loop, until: deadline)
        }
    }
}
