internal import CRdKafka
internal import Glibc

/// One partition of a topic.
public struct TopicPartition: Hashable, Sendable, CustomStringConvertible {
    /// The topic's name.
    public let topic: String
    /// The partition's number, from 0.
    public let partition: Int32

    /// Names a partition.
    public init(_ topic: String, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// By the number alone: there are few topics, and their names would be most of the work for each record.
    public func hash(into hasher: inout Hasher) { hasher.combine(partition) }

    /// `topic/partition`.
    public var description: String { "\(topic)/\(partition)" }
}

/// Offsets by partition: where to read on, or what a group has committed.
public typealias Offsets = [TopicPartition: Int64]

/// A list of partitions with offsets in librdkafka's form, freed with this value.
struct PartitionList: ~Copyable {
    let raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// - Parameter note: metadata for each offset that is committed; freed with the list.
    init(_ offsets: Offsets, note: String? = nil) {
        raw = rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count))
        for (place, offset) in offsets {
            let element = rd_kafka_topic_partition_list_add(raw, place.topic, place.partition)
            element?.pointee.offset = offset
            if let note {
                element?.pointee.metadata = UnsafeMutableRawPointer(strdup(note))
                element?.pointee.metadata_size = note.utf8.count
            }
        }
    }

    deinit { rd_kafka_topic_partition_list_destroy(raw) }

    /// The metadata of the offsets that have one.
    var notes: [String] {
        (0..<Int(raw.pointee.cnt)).compactMap { index in
            let element = raw.pointee.elems[index]
            guard let start = element.metadata, element.metadata_size > 0 else { return nil }
            return String(
                decoding: UnsafeRawBufferPointer(start: start, count: element.metadata_size), as: UTF8.self)
        }
    }

    /// The offsets that are set; a negative number stands for none.
    var offsets: Offsets { PartitionList.offsets(raw).filter { $0.value >= 0 } }

    /// The first error of a partition.
    var error: rd_kafka_resp_err_t? {
        for index in 0..<Int(raw.pointee.cnt) where raw.pointee.elems[index].err != RD_KAFKA_RESP_ERR_NO_ERROR {
            return raw.pointee.elems[index].err
        }
        return nil
    }

    static func offsets(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> Offsets {
        var offsets: Offsets = [:]
        guard let list else { return offsets }
        for index in 0..<Int(list.pointee.cnt) {
            let element = list.pointee.elems[index]
            offsets[TopicPartition(String(cString: element.topic), element.partition)] = element.offset
        }
        return offsets
    }
}
