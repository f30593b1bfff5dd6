internal import KafkaClient
internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run("order") { service in
            let (settings, readiness, log) = (try KafkaSettings(service.environment), service.readiness, service.log)
            let producer = try KafkaProducer(on: service.loop, settings, topics: [OrderTopics.orders], log: log)
            let bulkProducer = try KafkaProducer(
                on: service.loop, settings, topics: [OrderTopics.orders], linger: 5, log: log)
            let desk = OrderDesk(producer, bulk: bulkProducer, on: service.loop, log: log)
            let feed = try OutcomeFeed(desk, settings, readiness, log: log)
            feed.start()
            let watch = BrokerWatch(readiness, log: log, mistake: { desk.mistake }) {
                desk.probe(milliseconds: $0, readiness)
            }
            let deadline = try await service.serve(
                OrderRoutes(desk).router(service.faults, readiness), stopping: desk.bulks.close)
            watch.stop()
            await producer.close(until: deadline)
            await bulkProducer.close(until: deadline)
            await feed.stop(on: service.loop, until: deadline)
        }
    }
}
