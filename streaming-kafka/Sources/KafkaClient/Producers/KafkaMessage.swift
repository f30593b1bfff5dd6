/// A record on its way to a topic.
public struct KafkaMessage: Sendable {
    /// Decides about the partition; the same key is always in the same one.
    public let key: [UInt8]?
    /// The value; `nil` is a tombstone.
    public let value: [UInt8]?
    /// Headers, in order.
    public let headers: [(name: String, value: [UInt8])]

    /// Takes the parts of a record.
    public init(key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: [UInt8])] = []) {
        self.key = key
        self.value = value
        self.headers = headers
    }
}
