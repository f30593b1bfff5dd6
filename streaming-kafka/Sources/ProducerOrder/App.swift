internal import KafkaClient
internal import OrderRecords
internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run(
            "order", port: 8000,
            ServiceDescription(
                "ProducerOrder of streaming-kafka",
                "Takes orders, and produces an event for each to the log.")
        ) { service in
            let (settings, readiness, log) = (try KafkaSettings(service.environment), service.readiness, service.log)
            let producer = try KafkaProducer(on: service.loop, settings, topics: [OrderTopics.orders], log: log)
            let bulkProducer = try KafkaProducer(
                on: service.loop, settings, topics: [OrderTopics.orders], linger: 5, log: log)
            let orders = OrderService(producer, bulk: bulkProducer, on: service.loop, log: log)
            let feed = try OutcomeFeed(orders, settings, readiness, log: log)
            feed.start()
            let watch = BrokerWatch(readiness, log: log, mistake: { orders.mistake }) {
                orders.probe(milliseconds: $0, readiness)
            }
            let deadline = try await service.serve(
                OrderRoutes(orders).router(service.faults, readiness), stopping: orders.bulks.close)
            watch.stop()
            await producer.close(until: deadline)
            await bulkProducer.close(until: deadline)
            await feed.stop(on: service.loop, until: deadline)
        }
    }
}
