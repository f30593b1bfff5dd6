internal import AMQPClient
internal import Journal
internal import OrderMessages
internal import ServiceKit
internal import WorkflowHTTP

@main
enum App {
    static func main() {
        Service.run(
            "inventory", port: 8001,
            ServiceDescription(
                "InventoryService of async-rabbitmq",
                "Consumes orders from a queue, reserves their stock, and publishes each outcome.")
        ) { service in
            let address = try AMQPAddress(service.environment)
            let outcomes = SharedOutcomes(stock: try service.environment.stock())
            let allowsLoss = try service.environment.bool("ALLOW_LOST_STATE", default: false)
            let worker = JournaledWorker(
                OrderTopology.names(
                    journal: OrderTopology.inventoryJournal, lease: OrderTopology.inventoryLease,
                    queue: OrderTopology.inventoryQueue),
                try JournalSettings(service.environment, continuesAfterLoss: allowsLoss), address, name: "inventory",
                faults: service.faults, readiness: service.readiness, log: service.log,
                InventoryWork(outcomes, log: service.log))
            let deadline = try await service.serve(
                outcomes.router(service.readiness), stopping: worker.stopConsuming)
            await worker.close(on: service.loop, until: deadline)
        }
    }
}
