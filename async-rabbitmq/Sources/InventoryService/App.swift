internal import AMQPClient
internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run("inventory") { service in
            let address = try AMQPAddress(service.environment)
            let room = StockRoom(stock: try service.environment.stock())
            let consumer = InventoryConsumer(room, service.faults, service.readiness, log: service.log)
            let worker = AMQPWorker("inventory", address, consumer, log: service.log)
            let deadline = try await service.serve(room.router(service.readiness), stopping: worker.beginStopping)
            await worker.stop(on: service.loop, until: deadline)
        }
    }
}
