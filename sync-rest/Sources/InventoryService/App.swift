internal import ServiceKit
internal import WorkflowHTTP

@main
enum App {
    static func main() {
        Service.run("inventory", port: 8001) { service in
            let routes = InventoryRoutes(stock: try service.environment.stock(), log: service.log)
            try await service.serve(routes.router(service.faults, service.readiness))
        }
    }
}
