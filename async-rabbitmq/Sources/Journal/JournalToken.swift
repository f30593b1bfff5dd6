internal import StrictJSON

/// What is known of the journals outside of them: a message in the queue of the lease, which whoever holds that keeps.
///
/// If a stream is deleted, and made anew by whoever comes first, this is what tells that it is not the one that it was.
struct JournalToken: Sendable, Equatable {
    /// Rises with each token, so that the newest is found if there are two.
    var version: UInt64
    /// The holder's own journal.
    var identity: JournalIdentity
    /// The last record that is known to have been confirmed; `nil` if the first one was not.
    var last: UInt64?
    /// From where in the stream the journal is to be read: not behind the beginning of its newest whole snapshot.
    var offset: Int64
    /// The journals of the other services, by the names of their streams.
    var others: [String: JournalIdentity]
    /// What was lost, in a sentence; `nil` if nothing was.
    var loss: String?

    static let type = "JournalToken"

    /// The token as a message's body: JSON, so that a person can read it in the broker's management.
    var body: [UInt8] {
        JSONWriter.object(capacity: 300) { json in
            json.field("version", Int(clamping: version))
            json.field("journal", identity.description)
            if let last { json.field("last_record", Int(clamping: last)) }
            json.field("offset", Int(clamping: offset))
            let others = others.sorted { $0.key < $1.key }
            json.field("others", others.map { "\($0.key)=\($0.value)" }.joined(separator: ","))
            if let loss { json.field("loss", loss) }
        }
    }

    init(
        version: UInt64 = 0, identity: JournalIdentity, last: UInt64? = nil, offset: Int64 = 0,
        others: [String: JournalIdentity] = [:], loss: String? = nil
    ) {
        self.version = version
        self.identity = identity
        self.last = last
        self.offset = offset
        self.others = others
        self.loss = loss
    }

    /// Reads a token; `nil` for anything else that somebody may have published to the queue.
    init?(_ body: [UInt8]) {
        guard let json = try? JSONObject(body),
            let identity = (try? json.string("journal")).flatMap(JournalIdentity.init),
            let version = try? json.integer("version", in: 0...Int.max),
            let offset = try? json.integer("offset", in: 0...Int.max), let others = try? json.string("others")
        else { return nil }
        self.init(version: UInt64(version), identity: identity, offset: Int64(offset))
        if let last = try? json.integer("last_record", in: 0...Int.max) { self.last = UInt64(last) }
        for entry in others.split(separator: ",") {
            let pair = entry.split(separator: "=")
            guard pair.count == 2, let identity = JournalIdentity(String(pair[1])) else { return nil }
            self.others[String(pair[0])] = identity
        }
        loss = try? json.string("loss")
    }
}
