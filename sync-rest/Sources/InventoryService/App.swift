internal import ServiceKit

@main
enum App {
    static func main() {
        Service.run("inventory") { service in
            let routes = InventoryRoutes(stock: try service.environment.stock(), log: service.log)
            try await service.serve(routes.router(service.faults))
        }
    }
}
