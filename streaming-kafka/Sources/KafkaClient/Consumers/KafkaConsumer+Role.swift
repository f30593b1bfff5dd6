extension KafkaConsumer {
    /// What a consumer is for.
    public struct Role: Sendable {
        let group: String
        let instance: String?
        let topics: [String]
        var properties: [(String, String)] = []
        /// Whether each topic has a queue of its own.
        var takesTopicsInTurn = false

        /// A member of a group, static on purpose: one that was killed comes back at once, instead of being waited for.
        public static func member(of group: String, topics: [String]) -> Role {
            // Heartbeats tell a member within half a second that another one took its place.
            let properties = [("session.timeout.ms", "6000"), ("heartbeat.interval.ms", "500")]
            return Role(group: group, instance: group + "-1", topics: topics, properties: properties)
        }

        /// Reads partitions that it chooses; `group` is whose offsets it commits or looks at, without being a member.
        public static func reader(group: String, topics: [String]) -> Role {
            Role(group: group, instance: nil, topics: topics)
        }

        /// The same role for a topic that many clients write to, if nobody waits for a single record: the broker may hold what there
        /// is for up to 3 ms, until it is worth an answer.
        ///
        /// Otherwise every request that is produced has the consumer answered, and ask again: with 32 clients that took a sixth of
        /// the orders per second. Less than 3 ms costs the broker more at rest, since an idle consumer asks so often: with 1 ms its
        /// use of the processor rose from 10 to 17 %. The records of a transaction come together, and so their readers need no
        /// gathering.
        public var gathering: Role {
            var role = self
            role.properties += [("fetch.min.bytes", "20000"), ("fetch.wait.max.ms", "3")]
            return role
        }

        /// The same role for who takes what there is of the first topic before anything of the second one, and so on; of more
        /// than a hundred at once, the later ones get a third.
        public var topicsInTurn: Role {
            var role = self
            role.takesTopicsInTurn = true
            return role
        }
    }
}
