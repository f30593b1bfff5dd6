internal import AMQPClient
internal import Journal
internal import OrderMessages
internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run(
            "order", port: 8000,
            ServiceDescription(
                "OrderService of async-rabbitmq",
                "Takes orders, and publishes an event for each.")
        ) { service in
            let address = try AMQPAddress(service.environment)
            let orders = Orders()
            let work = OrderWork(orders, log: service.log)
            let worker = JournaledWorker(
                OrderTopology.names(
                    journal: OrderTopology.orderJournal, lease: OrderTopology.orderLease,
                    queue: OrderTopology.statusQueue),
                try JournalSettings(service.environment, continuesAfterLoss: true), address, name: "order",
                faults: service.faults, readiness: service.readiness, log: service.log, work)
            let sender = OrderSender(on: service.loop, worker, work, log: service.log)
            let deadline = try await service.serve(
                OrderRoutes(orders, sender).router(service.faults, service.readiness), stopping: worker.stopConsuming)
            await worker.close(on: service.loop, until: deadline)
            sender.close()
        }
    }
}
