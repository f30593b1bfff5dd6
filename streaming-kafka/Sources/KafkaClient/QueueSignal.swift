internal import CRdKafka
internal import Glibc

/// Queues of librdkafka's, and one descriptor that can be read when something was put into one of them while it was empty.
///
/// So a thread, or a loop, waits for the broker's events and others at once. Nothing tells of what was left in a queue: who
/// waits must have found all of them empty after ``clear()``. Belongs to the queues' owner.
final class QueueSignal {
    /// The queue of the handle itself.
    let queue: OpaquePointer
    /// Queues beside it, in the order in which they are to be looked at.
    let others: [OpaquePointer]
    let descriptor: Int32

    /// Takes over queues of a handle.
    init(_ queue: OpaquePointer, _ others: [OpaquePointer] = []) {
        self.queue = queue
        self.others = others
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no eventfd: \(String(cString: strerror(errno)))")
        var one: UInt64 = 1
        for queue in all { rd_kafka_queue_io_event_enable(queue, descriptor, &one, MemoryLayout<UInt64>.size) }
    }

    /// All queues, that of the handle first.
    var all: [OpaquePointer] { [queue] + others }

    /// Takes the signal back; before the queues are looked at, so that what comes after it signals again.
    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }

    /// Before the handle is destroyed.
    func close() {
        for queue in all {
            rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
            rd_kafka_queue_destroy(queue)
        }
        Glibc.close(descriptor)
    }
}
