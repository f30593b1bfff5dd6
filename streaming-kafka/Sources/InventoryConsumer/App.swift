internal import KafkaClient
internal import ServiceKit
internal import WorkflowHTTP

@main
enum App {
    static func main() {
        Service.run(
            "inventory", port: 8001,
            ServiceDescription(
                "InventoryConsumer of streaming-kafka",
                "Consumes order events, reserves their stock, and produces each outcome, exactly once.")
        ) { service in
            let (settings, readiness) = (try KafkaSettings(service.environment), service.readiness)
            let committed = CommittedInventory(stock: try service.environment.stock())
            let worker = try InventoryWorker(
                committed, settings, try DeliveryChoice(service.environment), service.faults, readiness,
                allowsLostState: try service.environment.bool("ALLOW_LOST_STATE", default: false), log: service.log)
            worker.start()
            let watch = BrokerWatch(readiness, log: service.log, mistake: { worker.consumer.mistake }) {
                worker.probe(milliseconds: $0)
            }
            let deadline = try await service.serve(
                committed.router(on: service.loop, readiness), stopping: worker.beginStopping)
            watch.stop()
            await worker.stop(on: service.loop, until: deadline)
        }
    }
}
