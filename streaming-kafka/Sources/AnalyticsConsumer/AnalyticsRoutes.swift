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

    func router() -> Router { Router([metricsRoute, lagRoute, resetRoute, throttleRoute]) }

    /// While the service starts its numbers count up, which is the point of it.
    private var metricsRoute: Route {
        .get(
            "/metrics",
            Route.Operation(
                "getMetrics", .analytics, "Tells the statistics of all events",
                "With `Accept: text/plain` they come in Prometheus' text form."),
            answers: [
                .json("The statistics", MetricsReport.schema),
                .text("text/plain", "The statistics in Prometheus' text form", example: MetricsReport.textExample),
            ]
        ) { metrics($0) }.telling(readiness)
    }

    private var lagRoute: Route {
        .get(
            "/lag",
            Route.Operation("getLag", .analytics, "Tells how far the groups are behind the ends of their partitions"),
            answers: [
                .json("The groups' offsets", LagReport.schema),
                .retryLater(.brokerUnavailable, "the broker does not tell the groups' offsets"),
            ]
        ) { _ in try await readLag() }
    }

    private var resetRoute: Route {
        .post(
            "/admin/reset-offsets",
            Route.Operation(
                "resetOffsets", .administration, "Counts all events anew",
                "When the answer comes, the counters are cleared and every partition stands at its beginning."),
            answers: [
                .json(
                    "The events are counted anew",
                    .object([.init("generation", .count("How often the offsets were reset.", example: 1))])),
                .retryLater(.brokerUnavailable, "no partitions are assigned at the moment"),
            ]
        ) { _ in try await reset() }
    }

    /// The same knob as `/admin/delay`: one message after another, each held back for so long.
    private var throttleRoute: Route {
        .post(
            "/admin/throttle",
            Route.Operation("setThrottle", .administration, "Holds back each message, so that lag grows"),
            takes: .this(.body(Faults.seconds)),
            answers: [.json("The delay was set", .object([.init("throttle_seconds", Faults.seconds.schema)]))]
        ) { _, seconds in
            faults.delaySeconds = seconds
            return .object { $0.field("throttle_seconds", seconds) }
        }
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

extension Route.Tag {
    /// What the events tell.
    fileprivate static let analytics = Route.Tag(
        "analytics", "What the events tell, and how far behind the reading of them is.")
}
