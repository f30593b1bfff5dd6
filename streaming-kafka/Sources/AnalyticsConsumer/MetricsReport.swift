internal import CampusModel
internal import ServiceKit
internal import StrictJSON

/// The metrics as `GET /metrics` shows them, in JSON or in Prometheus' text form.
struct MetricsReport: Sendable {
    private enum Value: Sendable {
        case count(Int)
        case number(Double)
    }
    private let fields: [(name: String, value: Value, help: String)]

    init(_ summary: Metrics.Summary, generation: Int) {
        fields = [
            ("total_orders", .count(summary.totalOrders), "Orders placed."),
            ("total_inventory_events", .count(summary.totalInventoryEvents), "Orders decided."),
            ("failures", .count(summary.failures), "Orders that failed."),
            ("failure_rate", .number(summary.failureRate), "Failures of all decided orders."),
            ("orders_per_minute", .count(summary.ordersPerMinute), "Orders in the minute up to the newest one."),
            (
                "orders_per_minute_average", .number(summary.ordersPerMinuteAverage),
                "Orders per minute from the oldest to the newest one, over a minute at the least."
            ),
            ("elapsed_seconds", .number(summary.elapsedSeconds), "Seconds from the oldest to the newest order."),
            ("window_seconds", .number(Metrics.windowSeconds), "Seconds that orders_per_minute looks back."),
            ("malformed", .count(summary.malformed), "Events that could not be read."),
            ("generation", .count(generation), "How often the offsets were reset."),
        ]
    }

    /// One JSON object.
    var json: HTTPResponse {
        .object { json in
            for (name, value, _) in fields {
                switch value {
                case .count(let count): json.field(name, count)
                case .number(let number): json.field(name, number)
                }
            }
        }
    }

    /// Describes the object.
    static var schema: JSONSchema {
        .object(
            example.fields.map { name, value, help in
                switch value {
                case .count(let count): JSONSchema.Property(name, .count(help, example: count))
                case .number(let number): JSONSchema.Property(name, .number(help, in: 0...(.infinity), example: number))
                }
            }
        ).named("Metrics")
    }

    /// The text form of some numbers.
    static var textExample: String { String(decoding: example.text.body, as: UTF8.self) }

    private static let example = MetricsReport(Metrics().summary, generation: 0)

    /// Prometheus' text form, version 0.0.4; all are gauges, since a reset takes them back to 0.
    var text: HTTPResponse {
        var text = ""
        for (name, value, help) in fields {
            text += "# HELP campus_\(name) \(help)\n# TYPE campus_\(name) gauge\ncampus_\(name) "
            switch value {
            case .count(let count): text += "\(count)\n"
            case .number(let number): text += "\(number)\n"
            }
        }
        return HTTPResponse(contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8))
    }
}
