internal import CampusModel
internal import KafkaClient
internal import StrictJSON

/// How far groups are behind the ends of their partitions, as `GET /lag` shows it.
struct LagReport: Sendable, Equatable {
    /// One partition of a group.
    struct Entry: Sendable, Equatable {
        let place: TopicPartition
        /// What the group has committed; `nil` where it has not.
        let committed: Int64?
        let end: Int64
        let lag: Int64

        /// - Parameter low: the first offset that is retained.
        init(_ place: TopicPartition, committed: Int64?, low: Int64, end: Int64) {
            self.place = place
            self.committed = committed
            self.end = end
            // An offset behind the end is one of a log that was lost since; one before the start is of a trimmed one.
            lag = max(0, end - max(low, committed ?? low))
        }
    }

    /// The entries of each group, in the order of their names.
    let groups: [(name: String, entries: [Entry])]

    static func == (one: LagReport, other: LagReport) -> Bool {
        one.groups.map(\.name) == other.groups.map(\.name) && one.groups.map(\.entries) == other.groups.map(\.entries)
    }

    func write(to json: inout JSONWriter) {
        json.name("groups")
        json.object { json in
            for (name, entries) in groups {
                json.name(name)
                json.object { json in
                    json.field("total_lag", entries.reduce(0) { $0 + Int($1.lag) })
                    json.name("partitions")
                    json.array { json in for entry in entries { json.object { LagReport.write(entry, to: &$0) } } }
                }
            }
        }
    }

    private static func write(_ entry: Entry, to json: inout JSONWriter) {
        json.field("topic", entry.place.topic)
        json.field("partition", Int(entry.place.partition))
        if let committed = entry.committed { json.field("committed", Int(committed)) } else { json.null("committed") }
        json.field("end", Int(entry.end))
        json.field("lag", Int(entry.lag))
    }

    /// Describes the object that ``write(to:)`` writes the fields of.
    static let schema: JSONSchema = {
        let offset = JSONSchema.count("An offset.", example: 120)
        let partition = JSONSchema.object([
            .init("topic", .string(example: "order-events")), .init("partition", .count("Its number.", example: 0)),
            .init("committed", offset.meaning("What the group has committed; null if it has not.").orNull),
            .init("end", offset.meaning("Where the next event goes.")),
            .init("lag", offset.meaning("How many events the group has before it.")),
        ])
        let group = JSONSchema.object([
            .init("total_lag", .count("The lag of all partitions.", example: 0)),
            .init("partitions", .array(of: partition.named("PartitionLag"))),
        ]).named("GroupLag")
        let groups = JSONSchema.object(
            [], "The groups by name.", others: .values(group),
            example: .object([.init("analytics-group", group.example)]))
        return .object([.init("groups", groups)])
    }()
}
