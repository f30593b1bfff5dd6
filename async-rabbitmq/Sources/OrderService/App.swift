internal import AMQPClient
internal import OrderMessages
internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run("order", port: 8000) { service in
            let (address, readiness, log) = (try AMQPAddress(service.environment), service.readiness, service.log)
            let orders = Orders(log: log)
            let publisher = AMQPPublisher(
                on: service.loop, address, name: "order-publisher", topology: OrderTopology.all,
                holder: OrderLease(orders, readiness, log: log), log: log
            ) { readiness.set("publisher", $0) }
            let consumer = AMQPConsumer(
                OrderTopology.statusQueue, address, name: "order-consumer", faults: service.faults, log: log,
                OutcomeFeed(orders, readiness, log: log))
            let watch = Task(executorPreference: service.loop) { await orders.watchOver(publisher, on: service.loop) }
            let deadline = try await service.serve(
                OrderRoutes(orders, publisher).router(service.faults, readiness), stopping: consumer.beginStopping)
            watch.cancel()
            await publisher.close(until: deadline)
            await consumer.close(on: service.loop, until: deadline)
        }
    }
}
