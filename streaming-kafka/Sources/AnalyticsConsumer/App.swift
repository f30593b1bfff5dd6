internal import KafkaClient
internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run(
            "analytics", port: 8002,
            ServiceDescription(
                "AnalyticsConsumer of streaming-kafka",
                "Counts the events of both topics, and counts them anew when it is told to.")
        ) { service in
            let (settings, readiness, log) = (try KafkaSettings(service.environment), service.readiness, service.log)
            let current = CurrentMetrics()
            let worker = try AnalyticsWorker(current, settings, service.faults, readiness, log: log)
            let lag = try LagReader(worker.consumer, settings, log: log)
            worker.start()
            let watch = BrokerWatch(readiness, log: log, mistake: { worker.consumer.mistake }) {
                worker.consumer.isReachable(milliseconds: $0)
            }
            let routes = AnalyticsRoutes(
                current: current, worker: worker, lag: lag, faults: service.faults, readiness: readiness)
            let deadline = try await service.serve(routes.router(), stopping: worker.beginStopping)
            watch.stop()
            lag.stop()
            await worker.stop(on: service.loop, until: deadline)
        }
    }
}
