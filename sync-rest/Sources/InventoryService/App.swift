internal import ServiceKit
internal import WorkflowHTTP

@main
enum App {
    static func main() {
        Service.run(
            "inventory", port: 8001,
            ServiceDescription(
                "InventoryService of sync-rest",
                "Reserves stock for an order while its caller waits.")
        ) { service in
            let routes = InventoryRoutes(stock: try service.environment.stock(), log: service.log)
            try await service.serve(routes.router(service.faults, service.readiness))
        }
    }
}
