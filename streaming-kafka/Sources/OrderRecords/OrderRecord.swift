internal import CampusModel
public import KafkaClient
internal import StrictJSON
public import Workflow

/// Reads records that are order events, one after the other, in the same memory.
///
/// The key of a record does not matter. Its own time stands in if the event tells none, so that a replay reads the same.
public struct OrderRecordReader: Sendable {
    private var json = JSONObject()
    private var hints: OrderEvent.Hints

    /// Makes a reader.
    ///
    /// - Parameter kinds: what may stand in the topic. If that is one kind only, it is also what a record is that does not tell.
    public init(expecting kinds: Set<OrderEvent.Kind>) { hints = OrderEvent.Hints(kinds) }

    /// Reads a record.
    ///
    /// - Throws: ``MalformedRecord`` if no service can use it.
    public mutating func read(_ record: KafkaRecord) throws(MalformedRecord) -> OrderEvent {
        try read(record.valueInPlace, recordTime: record.timestamp)
    }

    /// Reads a record's value; `nil` is a tombstone's.
    mutating func read(
        _ value: UnsafeBufferPointer<UInt8>?, recordTime: Double
    ) throws(MalformedRecord) -> OrderEvent {
        guard let value else { throw MalformedRecord("the value is null") }
        if let event = OwnLayout.read(value), hints.kinds.contains(event.kind) { return event }
        hints.time = min(recordTime, Order.timestamps.upperBound)
        do throws(InvalidJSON) {
            try json.read(value)
        } catch {
            throw MalformedRecord(error.description)
        }
        do throws(InvalidField) {
            return try OrderEvent(from: json, hints)
        } catch {
            throw MalformedRecord(error.description)
        }
    }
}

extension OrderEvent {
    /// The event's value.
    public var value: [UInt8] { JSONWriter.object(capacity: 224) { writeFields(to: &$0) } }

    /// The event as a record, keyed by the order.
    public func record(headers: [(name: String, value: [UInt8])]) -> KafkaMessage {
        KafkaMessage(key: order.id.utf8, value: value, headers: headers)
    }
}

/// A record that no service can use, whoever reads it.
public struct MalformedRecord: Error, Equatable, CustomStringConvertible {
    /// One sentence, for the log and for the dead letter's `reason`.
    public let description: String

    /// Takes the sentence.
    public init(_ description: String) { self.description = description }
}
