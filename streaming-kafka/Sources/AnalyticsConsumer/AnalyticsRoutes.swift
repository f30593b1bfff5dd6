internal import CampusModel
internal import ServiceKit
internal import StrictJSON

/// The service's HTTP interface.
struct AnalyticsRoutes: Sendable {
    let current: CurrentMetrics
    let worker: AnalyticsWorker
    let lag: LagReader
    let faults: Faults
    let readiness: Readiness

    func router() -> Router {
        var router = Router()
        // While the service starts its numbers count up, which is the point of it.
        router.getState("/metrics", readiness) { metrics($0) }
        router.get("/lag") { _ in try await readLag() }
        router.post("/admin/reset-offsets") { _ in try await reset() }
        router.post("/admin/throttle") { request in
            // The same knob as /admin/delay: one message after another, each held back for so long.
            let seconds = try request.json().number("seconds", in: Faults.delays)
            faults.delaySeconds = seconds
            return .object { $0.field("throttle_seconds", seconds) }
        }
        return router
    }

    private func metrics(_ request: HTTPRequest) -> HTTPResponse {
        let (summary, generation) = current.numbers
        let report = MetricsReport(summary, generation: generation)
        let accept = AcceptHeader(request.accept)
        return accept.quality(of: "text/plain") > accept.quality(of: "application/json") ? report.text : report.json
    }

    private func readLag() async throws -> HTTPResponse {
        guard let report = await lag.read() else { throw unavailable("the broker does not tell the groups' offsets") }
        return .object { report.write(to: &$0) }
    }

    private func reset() async throws -> HTTPResponse {
        guard let generation = await worker.reset() else {
            throw unavailable("no partitions are assigned at the moment")
        }
        return .object { $0.field("generation", generation) }
    }

    private func unavailable(_ detail: String) -> HTTPError {
        .retryLater(.brokerUnavailable, detail)
    }
}
