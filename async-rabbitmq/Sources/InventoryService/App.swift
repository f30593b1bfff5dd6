internal import AMQPClient
internal import ServiceKit
internal import WorkflowHTTP

@main
enum App {
    static func main() {
        Service.run("inventory", port: 8001) { service in
            let address = try AMQPAddress(service.environment)
            let outcomes = SharedOutcomes(stock: try service.environment.stock())
            let consumer = InventoryConsumer(outcomes, service.faults, service.readiness, log: service.log)
            let worker = AMQPWorker("inventory", address, consumer, log: service.log)
            let deadline = try await service.serve(outcomes.router(service.readiness), stopping: worker.beginStopping)
            await worker.stop(on: service.loop, until: deadline)
        }
    }
}
