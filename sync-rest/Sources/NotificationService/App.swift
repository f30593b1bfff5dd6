internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run(
            "notification", port: 8002,
            ServiceDescription(
                "NotificationService of sync-rest",
                "Tells customers what has become of their orders.")
        ) { service in
            let routes = NotificationRoutes(log: service.log)
            try await service.serve(routes.router(service.faults, service.readiness))
        }
    }
}
