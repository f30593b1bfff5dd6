internal import AMQPClient
internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run("order") { service in
            let (address, readiness, log) = (try AMQPAddress(service.environment), service.readiness, service.log)
            let desk = OrderDesk(log: log)
            let publisher = AMQPPublisher(
                on: service.loop, address, name: "order-publisher", topology: OrderTopology.all,
                holder: DeskLease(desk, readiness, log: log), log: log
            ) { readiness.set("publisher", $0) }
            let consumer = AMQPConsumer(
                OrderTopology.statusQueue, address, name: "order-consumer", faults: service.faults, log: log,
                OutcomeFeed(desk, readiness, log: log))
            let watch = Task(executorPreference: service.loop) { await desk.watchOver(publisher, on: service.loop) }
            let deadline = try await service.serve(
                OrderRoutes(desk, publisher).router(service.faults, readiness), stopping: consumer.beginStopping)
            watch.cancel()
            await publisher.close(until: deadline)
            await consumer.close(on: service.loop, until: deadline)
        }
    }
}
